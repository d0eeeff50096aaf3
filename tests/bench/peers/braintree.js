// Braintree's drop-in with cards alone. Its style comes from here instead of from their host.

import dropin from "braintree-web-drop-in";
import "braintree-web-drop-in/dropin.css";

dropin
  .create({ authorization: "sandbox_00000000_0000000000000000", container: "#checkout" })
  // Its card fields never come, so it never ends; nor does it fail.
  .catch((error) => console.error(error));
