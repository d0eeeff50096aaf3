// Adyen's card in their drop-in, set up as their guide to the advanced flow says, with the answer
// to `/paymentMethods` at hand.

import { AdyenCheckout, Card, Dropin } from "@adyen/adyen-web";
import "@adyen/adyen-web/styles/adyen.css";

const checkout = await AdyenCheckout({
  clientKey: "test_00000000000000000000000000000000",
  environment: "test",
  countryCode: "US",
  locale: "en-US",
  amount: { value: 3320, currency: "USD" },
  analytics: { enabled: false },
  onSubmit() {},
  onAdditionalDetails() {},
  paymentMethodsResponse: {
    paymentMethods: [{ type: "scheme", name: "Cards", brands: ["visa", "mc", "amex"] }],
  },
});
new Dropin(checkout, { paymentMethodComponents: [Card] }).mount("#checkout");
