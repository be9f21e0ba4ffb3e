//! Starting this test program again, to be killed.

use std::process::Command;

/// `PEIPKG_TEST_RUNNER` runs it where the machine's processor is another one (`npm run test:arm64`).
pub fn this_program() -> Command {
    let program = std::env::current_exe().expect("this program");
    match std::env::var_os("PEIPKG_TEST_RUNNER") {
        None => Command::new(program),
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(program);
            command
        }
    }
}
