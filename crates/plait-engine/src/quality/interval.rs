//! Intervals for counts that are expected, not seen.

/// 97.5 % of a normal distribution lies below.
const Z: f64 = 1.959_963_984_540_054;
/// What is added to every expected number of errors: no model knows all the ways in which it can be wrong.
const UNFORESEEN: f64 = 0.5;

/// Between which numbers of events the number that happens lies, 19 times of 20, where `expected` of them are expected by
/// a model that is itself wrong by a factor whose logarithm has standard deviation `spread`.
///
/// Chance and the model's error together make a variance of `μ + (exp(spread²) − 1) μ²`; the quantiles are those of a
/// gamma distribution of this mean and variance, by the approximation of Wilson and Hilferty (1931). An end below a whole
/// event is none.
pub(super) fn events_between(expected: f64, spread: f64) -> (f64, f64) {
    let mean = expected + UNFORESEEN;
    gamma_between(mean, mean + ((spread * spread).exp() - 1.0) * mean * mean)
}

/// The same of a number of events that an estimate of this variance expects.
pub(super) fn between_of_variance(expected: f64, variance: f64) -> (f64, f64) {
    let mean = expected + UNFORESEEN;
    gamma_between(mean, mean + variance)
}

fn gamma_between(mean: f64, variance: f64) -> (f64, f64) {
    let shape = mean * mean / variance;
    let quantile = |z: f64| mean * (1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt())).max(0.0).powi(3);
    let low = quantile(-Z);
    (if low < 1.0 { 0.0 } else { low }, quantile(Z))
}
