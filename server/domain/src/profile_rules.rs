//! Whether an access profile makes sense as a whole.
