// What the peers ask of their own hosts, answered here and at once, in their favour.

const ALLOWED = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*",
  "access-control-allow-methods": "*",
};

/** Field frames: nothing comes, and nothing is started for them. */
export function fieldFrames(host) {
  return { pattern: `${host}*`, answer: () => ({ status: 204, headers: ALLOWED }) };
}

/**
 * Braintree's configuration of a merchant who takes cards, as its two gateways give it; what is
 * counted about a visit is taken without an answer.
 */
export function braintreeAnswers() {
  const json = (value) => ({
    status: 200,
    headers: { ...ALLOWED, "content-type": "application/json" },
    body: JSON.stringify(value),
  });
  const merchant = "https://api.sandbox.braintreegateway.com:443/merchants/0000000000000000";
  const rest = {
    challenges: ["cvv"],
    clientApiUrl: `${merchant}/client_api`,
    assetsUrl: "https://assets.braintreegateway.com",
    authUrl: "https://auth.venmo.sandbox.braintreegateway.com",
    analytics: { url: "https://origin-analytics-sand.sandbox.braintree-api.com/0000000000000000" },
    environment: "sandbox",
    merchantId: "0000000000000000",
    creditCards: { supportedCardTypes: ["American Express", "Discover", "MasterCard", "Visa"] },
    graphQL: {
      url: "https://payments.sandbox.braintree-api.com/graphql",
      date: "2018-05-08",
      features: ["tokenize_credit_cards"],
    },
    paypalEnabled: false,
    threeDSecureEnabled: false,
  };
  const graphql = {
    data: {
      clientConfiguration: {
        analyticsUrl: rest.analytics.url,
        environment: "SANDBOX",
        merchantId: rest.merchantId,
        assetsUrl: rest.assetsUrl,
        clientApiUrl: rest.clientApiUrl,
        creditCard: {
          supportedCardBrands: ["AMERICAN_EXPRESS", "DISCOVER", "MASTERCARD", "VISA"],
          challenges: ["CVV"],
          threeDSecureEnabled: false,
          threeDSecure: null,
        },
        applePayWeb: null,
        googlePay: null,
        ideal: null,
        kount: { merchantId: null },
        masterpass: null,
        paypal: null,
        unionPay: null,
        usBankAccount: null,
        venmo: null,
        visaCheckout: null,
        braintreeApi: null,
        supportedFeatures: ["TOKENIZE_CREDIT_CARDS"],
      },
    },
    extensions: { requestId: "00000000-0000-0000-0000-000000000000" },
  };
  return [
    {
      pattern: "https://payments.sandbox.braintree-api.com/graphql*",
      answer: () => json(graphql),
    },
    { pattern: "https://api.sandbox.braintreegateway.com/*", answer: () => json(rest) },
    {
      pattern: "https://origin-analytics-sand.sandbox.braintree-api.com/*",
      answer: () => json({}),
    },
  ];
}
