//! The façade as its users see it. One binary, because each takes a link of everything below it; only the memory
//! that a run needs is measured in a process of its own.

mod documents;
mod explanation;
mod refusals;
