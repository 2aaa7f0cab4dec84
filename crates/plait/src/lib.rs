//! Every use case once: look, link, explain, score, model; all that a command line or a notebook may use
