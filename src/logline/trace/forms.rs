//! What lines of stack traces look like, each by itself and by the two before it.

pub const TRACEBACK: &str = "Traceback (most recent call last):";
/// Between the tracebacks of errors of which one led to another.
const CHAINED: [&str; 2] = ["During handling of the above exception", "The above exception was the direct cause"];

/// `    at charge (/app/pay.js:7:11)`
pub fn is_frame(text: &str) -> bool {
    text.starts_with([' ', '\t']) && text.trim_start().starts_with("at ")
}

pub fn says_panic(text: &str) -> bool {
    text.contains("panic") || text.contains("fatal error: ")
}

/// `goroutine 1 [running]:`
pub fn is_goroutine(text: &str) -> bool {
    text.strip_prefix("goroutine ")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('['))
}

/// Whether a line that calls itself nothing can be the head of a trace.
pub fn may_be_head(text: &str) -> bool {
    text.contains(TRACEBACK) || is_exception(text) || says_panic(text)
}

/// `java.lang.IllegalStateException: no card`, `TypeError: card is undefined`
pub fn is_exception(text: &str) -> bool {
    class(text).is_some_and(|class| class.contains("Error") || class.contains("Exception"))
}

/// The name, without its package, of a class that a line begins with and a colon follows, or nothing.
pub fn class(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let class = name.rsplit(['.', '$']).next()?;
    let is_whole = rest.is_empty() || rest.starts_with(": ") || rest == ":" || rest.starts_with(" [");
    (is_whole && class.starts_with(|c: char| c.is_uppercase())).then_some(class)
}

/// `ValueError: no card`, `socket.gaierror: [Errno -2] Name or service not known`
pub fn is_of_python(text: &str) -> bool {
    let is_module = |(name, _): (&str, &str)| {
        name.contains('.') && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._".contains(&c))
    };
    class(text).is_some() || text.split_once(": ").is_some_and(is_module)
}

/// Whether a line goes on with what stands before it. `before`: what the two lines before it say, the nearest first.
pub fn goes_on(text: &str, before: [&str; 2]) -> bool {
    let [one, two] = before;
    if text.starts_with([' ', '\t']) || text.is_empty() {
        return true;
    }
    if text.starts_with(TRACEBACK) {
        return one.trim().is_empty() && CHAINED.iter().any(|chained| two.trim_start().starts_with(chained));
    }
    // Python's last line, behind its frames.
    let is_behind_frame = one.starts_with("  ") && !is_frame(one);
    BEGINNINGS.iter().any(|begin| text.starts_with(begin))
        || CHAINED.iter().any(|chained| text.starts_with(chained))
        || is_goroutine(text)
        || is_call(text)
        || is_behind_frame && is_of_python(text)
}

/// What lines within a trace begin with.
const BEGINNINGS: [&str; 6] =
    ["Caused by: ", "Suppressed: ", "created by ", "[signal ", "exit status ", "runtime stack:"];

/// `main.charge(0xc000012345, {0x4b8a2c, 0x3})`, of Go.
fn is_call(text: &str) -> bool {
    let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    text.ends_with(')')
        && (text.starts_with("panic(")
            || text.split_once('(').is_some_and(|(name, _)| is_name(name) && name.contains('.')))
}
