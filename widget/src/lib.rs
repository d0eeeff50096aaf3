//! The WebAssembly that runs inside the checkout frame.
