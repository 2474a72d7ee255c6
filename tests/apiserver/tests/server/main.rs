//! The server as seen over HTTP.

mod client;

mod access;
mod discovery;
mod faults;
mod forms;
mod lists;
mod objects;
mod past;
mod program;
mod watches;
