//! Tables in and out: CSV, Parquet, xlsx, Arrow IPC; column roles, date orders, profiles
