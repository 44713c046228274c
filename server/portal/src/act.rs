//! What every change has in common.
