//! Shared helpers of the lab tests.
