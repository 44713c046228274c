//! The built-in model catalogue.
