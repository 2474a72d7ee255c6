//! Options of a session that make another of it, beside those who have them too: BIRD 2, FRR, and a neighbor that the
//! test plays.

mod capabilities;
mod lab;
mod long_lived;
mod refresh;
mod send_hold;
mod words;
