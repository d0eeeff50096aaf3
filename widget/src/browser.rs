//! What the widget asks of the browser: the functions of js/.
//!
//! The same through `web-sys` and `js-sys` made the module 51 KB in brotli instead of 30: texts are
//! copied in and out there, and every closure and every DOM method brings its glue.
//! At most four files: the server of wasm-bindgen's test runner can keep a fifth waiting for ever.
//! None of these functions calls the frame back before it returns.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::frame::Frame;

#[wasm_bindgen(module = "/js/page.js")]
extern "C" {
    /// What the worker wrote into the page; `null` if this is no checkout frame.
    #[wasm_bindgen(js_name = readData)]
    pub fn read_data() -> JsValue;

    /// Connects the page's events to the frame, and begins.
    pub fn wire(frame: Frame, data: &JsValue);

    /// Lets go of the page.
    #[cfg(test)]
    pub fn unwire();

    /// A value inside plain data as text, by a path such as `attempt.action.type`.
    pub fn get(value: &JsValue, path: &str) -> Option<String>;

    /// A property of plain data; `undefined` where there is none.
    #[wasm_bindgen(js_name = getValue)]
    pub fn get_value(value: &JsValue, key: &str) -> JsValue;

    /// Whether the page has this element.
    pub fn has(id: &str) -> bool;

    /// What stands in an input.
    pub fn value(id: &str) -> String;

    /// Where the caret stands in an input, in UTF-16 units.
    pub fn caret(id: &str) -> u32;

    /// Writes into an input, and puts the caret there if the input has it.
    pub fn put(id: &str, text: &str, caret: u32);

    /// Moves the focus.
    pub fn focus(id: &str);

    /// Marks an input with the text of a key; an empty key takes the mark away.
    pub fn mark(id: &str, key: &str, count: u8);

    /// Shows the brand, and how many digits its security code has.
    #[wasm_bindgen(js_name = showBrand)]
    pub fn show_brand(brand: &str, cvc_length: u8);

    /// Year and month on the shopper's clock, such as 202611.
    #[wasm_bindgen(js_name = thisMonth)]
    pub fn this_month() -> u32;

    /// The chosen method, account and flow with spaces between them; empty if none is chosen.
    pub fn chosen() -> String;

    /// Chooses a method, if the page offers it.
    pub fn choose(method: &str);

    /// Takes what only the page needs from a snapshot: names, clocks, methods.
    pub fn note(snapshot: &JsValue);

    /// How long the order can still be paid, in milliseconds; 0 if that is not known.
    #[wasm_bindgen(js_name = leftMs)]
    pub fn left_ms() -> f64;

    /// Shows the form, with the text of a key over it unless it is empty.
    #[wasm_bindgen(js_name = showForm)]
    pub fn show_form(alert: &str);

    /// Shows everything else: kind, and the keys of heading, text, hint and two buttons.
    #[wasm_bindgen(js_name = showPanel)]
    pub fn show_panel(kind: &str, title: &str, text: &str, hint: &str, again: &str, other: &str);

    /// Shows the link that leaves for a gateway.
    #[wasm_bindgen(js_name = showLeave)]
    pub fn show_leave(href: &str);

    /// Shows the link back to the shop, if there is one.
    #[wasm_bindgen(js_name = showReturn)]
    pub fn show_return();

    /// Draws the code of the latest snapshot and counts down; `false` if its time is over.
    #[wasm_bindgen(js_name = showCode)]
    pub fn show_code() -> bool;

    /// Takes the code away.
    #[wasm_bindgen(js_name = hideCode)]
    pub fn hide_code();

    /// Opens the dialog with our page that frames the issuer's.
    #[wasm_bindgen(js_name = openChallenge)]
    pub fn open_challenge(href: &str);

    /// Closes it.
    #[wasm_bindgen(js_name = closeChallenge)]
    pub fn close_challenge();

    /// Calls WeChat's script bridge with what the latest snapshot says.
    #[wasm_bindgen(js_name = callBridge)]
    pub fn call_bridge();
}

#[wasm_bindgen(module = "/js/words.js")]
extern "C" {
    /// Whether there is a text of this key.
    pub fn knows(key: &str) -> bool;

    /// Shows the text of a key in an element; hides the element if the key is empty.
    pub fn say(id: &str, key: &str);

    /// Has a screen reader say the texts of up to two keys.
    pub fn announce(first: &str, second: &str);
}

#[wasm_bindgen(module = "/js/link.js")]
extern "C" {
    /// Sends the start of an attempt. [`Frame::start_answered`] hears of it.
    #[wasm_bindgen(js_name = sendStart)]
    pub fn send_start(id: &str, method: &str, account: &str, envelope: &str);

    /// Asks to give an attempt up. [`Frame::close_answered`] hears of it.
    #[wasm_bindgen(js_name = sendClose)]
    pub fn send_close(id: &str);

    /// Asks for the status. [`Frame::asked`] hears of it.
    pub fn ask();

    /// Opens the socket.
    pub fn connect();

    /// Closes the socket.
    pub fn disconnect();

    /// Asks the socket for a sign of life.
    pub fn ping();

    /// Sets a timer by its name; 0 ends it.
    pub fn timer(name: u8, ms: u32);

    /// What the tab remembers of an order; empty if nothing.
    pub fn kept(order: &str) -> String;

    /// Has the tab remember something of an order; empty to forget.
    pub fn keep(order: &str, what: &str);
}

#[wasm_bindgen(module = "/js/shop.js")]
extern "C" {
    /// Tells the shop's page something, with one more field unless its name is empty.
    pub fn tell(kind: &str, name: &str, value: &str);

    /// Tells the shop's page where order and attempt stand.
    #[wasm_bindgen(js_name = tellChange)]
    pub fn tell_change(state: &str, method: &str, attempt_state: &str);

    /// Leaves for one of our pages that leads to a gateway. `false` if only the shopper can.
    pub fn leave(href: &str) -> bool;

    /// Applies a theme.
    #[cfg(test)]
    #[wasm_bindgen(js_name = applyTheme)]
    pub fn apply_theme(theme: &JsValue);
}

#[wasm_bindgen]
extern "C" {
    /// Fills with bytes of the browser's cryptographic generator.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    pub fn fill_random(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}
