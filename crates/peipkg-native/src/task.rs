//! The one wrapper of all asynchronous calls.
//!
//! `spawn(&env, "name", move || { … })` runs the closure on a thread of its own (never libuv's four, which file and network
//! work of Node needs) and returns the promise of its value:
//!
//! - `Ok(value)` resolves; the value is converted on the JavaScript thread, so it may be an `#[napi(object)]`, a vector of
//!   them, or an `#[napi]` class instance. It must be `Send`.
//! - `Err(failure)` rejects with an `Error` whose `code` is the failure's; every error of the core converts with `?`.
//! - A panic ends the process (see [`crate::panic`]).
//!
//! The process stays alive until the promise has settled.
//!
//! A call looks like this: `#[napi] pub fn scan(env: &Env, path: String) -> Result<PromiseRaw<'_, Vec<Entry>>> {
//! spawn(env, "scan", move || Ok(archive::scan(Path::new(&path))?.into_iter().map(Entry::from).collect())) }`.
//! Take `progress: Option<OnProgress>` and `cancel: Option<&CancelToken>` and pass `Progress::to(progress)` and
//! `CancelToken::flag(cancel)` into the closure. Synchronous calls use [`crate::failure::throwing`] instead.

use std::fmt::Display;

use napi::bindgen_prelude::{PromiseRaw, ToNapiValue};
use napi::sys::napi_value;
use napi::{Env, JsError, JsValue as _};

use crate::failure::{Failure, Result};

/// Runs `work` on a new thread and returns the promise of its result.
pub fn spawn<'env, T>(
    env: &'env Env,
    name: &str,
    work: impl FnOnce() -> std::result::Result<T, Failure> + Send + 'static,
) -> Result<PromiseRaw<'env, T>>
where
    T: ToNapiValue + Send + 'static,
{
    let (deferred, promise) = env.create_deferred().map_err(internal)?;
    let task = move || {
        let result = work();
        let settle: Settle = Box::new(move |env| match result {
            Ok(value) => Ok(value.into_unknown(&env)?.raw()),
            Err(failure) => Err(rejection(env, failure)),
        });
        deferred.resolve(settle);
    };
    start(name, Box::new(task)).map_err(internal)?;
    Ok(PromiseRaw::new(env.raw(), promise.raw()))
}

/// Makes the value on the JavaScript thread. One type for all calls: threads and promises are compiled once, not for each.
type Settle = Box<dyn FnOnce(Env) -> napi::Result<napi_value> + Send>;

fn start(name: &str, task: Box<dyn FnOnce() + Send>) -> std::io::Result<()> {
    std::thread::Builder::new().name(format!("peipkg-{name}")).spawn(task)?;
    Ok(())
}

fn internal(reason: impl Display) -> napi::Error<&'static str> {
    napi::Error::new("PEI_INTERNAL", format!("cannot start a task: {reason}"))
}

/// A deferred's own errors have no room for a string code: the `Error` is made here, on the JavaScript thread, and handed on.
fn rejection(env: Env, failure: Failure) -> napi::Error {
    JsError::from(napi::Error::from(failure)).into_unknown(env).into()
}
