//! godwit: a BGP speaker that runs bird.conf unchanged. This is the wiring: flags, logging, signals,
//! privileges, the control socket, and the daemon behind them.
#![forbid(unsafe_code)]

mod background;
mod calico;
mod flags;
mod loading;
mod node;
mod privileges;
mod run;
mod signals;
mod writing;

use std::process::ExitCode;

use flags::Invocation;

fn main() -> ExitCode {
    let invocation = match flags::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(1);
        }
    };
    match invocation {
        Invocation::Help(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Invocation::Version => {
            eprintln!("BIRD version {} (godwit {})", run::BIRD_VERSION, env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Invocation::Client(client) => {
            let code = godwit_ctl::run_client(&client);
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        Invocation::Calico(command) => calico::run(*command),
        Invocation::Node(options) => node::run(*options),
        Invocation::Companion { until_input_ends } => node::companion(until_input_ends),
        Invocation::Check(check) => loading::check(&check),
        Invocation::Format(options) => writing::run_format(&options),
        Invocation::Convert(options) => writing::run_convert(&options),
        Invocation::Daemon(options) => {
            if options.parse_only || options.run_tests {
                return loading::check(&options.check());
            }
            run::daemon(&options)
        }
    }
}
