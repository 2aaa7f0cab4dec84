//! What holds of a whole borough.
