//! The linkage core: standardise, block, compare, train, score, cluster, explain; pure and deterministic
