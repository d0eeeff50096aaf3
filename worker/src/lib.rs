//! The Cloudflare Worker: everything that touches Cloudflare.
