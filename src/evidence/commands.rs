//! What is quoted of a line in which sudo or pkexec wrote down a command: no name, place or terminal of whoever ran it, and of
//! the command its program alone. Its arguments may hold passwords, and nobody needs them in a ticket; the archive has them.

use std::borrow::Cow;

/// The line, shorter where it is one of those.
pub fn masked(line: Cow<'_, str>) -> Cow<'_, str> {
    match shortened(&line) {
        Some(short) => Cow::Owned(short),
        None => line,
    }
}

/// `Nov 20 07:50:38 w-3 sudo[41822]: … COMMAND=/usr/bin/systemctl …`
fn shortened(line: &str) -> Option<String> {
    let (before, command) = line.split_once("COMMAND=")?;
    let written = before.contains("USER=") && (before.contains("sudo") || before.contains("Executing command"));
    // What stands before the writer's colon is the journal's own: time, host and program.
    let head = before.find("]: ").map(|at| at + 3).or_else(|| before.find("sudo: ").map(|at| at + 6)).unwrap_or(0);
    let program = command.split([' ', ']']).next().unwrap_or_default();
    let head = before.get(..head).unwrap_or_default();
    written.then(|| format!("{head}… COMMAND={program} …"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_and_no_argument_is_quoted_of_a_command() {
        for (line, quoted) in [
            (
                "Nov 20 07:50:38.063405 w-3 sudo[41822]:    marek : TTY=pts/0 ; PWD=/home/marek ; USER=root ; COMMAND=/usr/bin/systemctl stop kubelet",
                "Nov 20 07:50:38.063405 w-3 sudo[41822]: … COMMAND=/usr/bin/systemctl …",
            ),
            (
                "Nov 20 07:50:38 w-3 pkexec[77]: nia: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/nia] [COMMAND=/usr/bin/mount -o pass=x //a/b /c]",
                "Nov 20 07:50:38 w-3 pkexec[77]: … COMMAND=/usr/bin/mount …",
            ),
            ("app: COMMAND=run of a program", "app: COMMAND=run of a program"),
        ] {
            assert_eq!(masked(Cow::Borrowed(line)), quoted);
        }
    }
}
