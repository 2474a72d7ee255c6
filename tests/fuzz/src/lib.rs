//! What is fuzzed: one function for each kind of input from outside, which takes any octets and panics where
//! something is wrong. The binaries of `fuzz/` hand them to libFuzzer; the tests of this crate run the seeds, so that
//! the functions keep compiling and what was found once stays found.
#![forbid(unsafe_code)]

/// The functions by their names, each in a module of its name.
macro_rules! targets {
    ($($name:ident)*) => {
        $(mod $name;)*
        $(pub use $name::$name;)*

        /// Every target and its name, which is that of its binary and of the folder of its seeds too.
        pub const TARGETS: &[(&str, fn(&[u8]))] = &[$((stringify!($name), $name)),*];
    };
}

targets! {
    config_bird
    config_extra
    config_toml
    control_decode
    control_selector
    ctl_command
    ctl_socket
    filter_program
    netlink_datagram
    session
    wire_as_path
    wire_attributes
    wire_capability
    wire_frame
    wire_nlri
    wire_notification
    wire_open
    wire_route_refresh
    wire_update
}

mod wire;

/// As much of the octets as is text.
fn text(data: &[u8]) -> &str {
    match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&data[..error.valid_up_to()]).expect("valid so far"),
    }
}
