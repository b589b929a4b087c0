//! The one way in which a comment with files comes to a host, whichever it is.

use super::desk::{Access, Desk, Own, Taken, Takes, When, Written};
use super::fault::Fault;
use super::mark::{Mark, Name};
use super::place::Place;
use super::target::Issue;
use super::upload::Upload;
use super::{gitea, github, gitlab, jira};

/// What is posted.
#[derive(Clone, Debug)]
pub struct Body {
    /// Which of several comments on one issue it is.
    pub name: Name,
    /// The draft in the host's own markup.
    pub text: String,
    /// What the host takes of a comment at most, in bytes.
    pub limit: usize,
    pub files: Vec<Upload>,
}

/// What becomes of a comment that people have edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum If {
    /// It stays, and nothing is posted.
    EditedKeep,
    /// It is replaced.
    EditedReplace,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Where the comment is, in the host's own words.
    pub place: String,
    /// Whether there was one of an earlier run.
    pub is_update: bool,
    /// The names that files have there.
    pub files: Vec<String>,
    /// What its readers should know.
    pub notes: Vec<String>,
}

/// Posts a comment with files, or makes that of an earlier run so.
pub fn post(issue: &Issue, access: &Access, body: &Body, edited: If) -> Result<Attached, Fault> {
    let mut desk = desk(issue, access);
    let title = issue.host.title;
    let opened = desk.open()?;
    let own = desk.find(&body.name)?;
    if let Some(own) = own.as_ref().filter(|own| !own.is_as_sent && edited == If::EditedKeep) {
        return Err(Fault::Edited { place: own.place.clone() });
    }
    let mut notes = Vec::new();
    let files = fitting(&opened.takes, (title, &body.files), &mut notes)?;
    // Whatever is still to come into the text is short, so what fits now fits then.
    fits(title, &body.text, body.limit)?;
    let earlier = own.as_ref().map_or(Ok(Vec::new()), |own| desk.earlier(own))?;
    let mut taken = Vec::new();
    let made = make(desk.as_ref(), own.as_ref(), (title, body, &files, &opened.takes), &mut taken);
    let written = made.inspect_err(|fault| take_back(desk.as_ref(), &taken, fault))?;
    if desk.when() == When::After {
        for file in &files {
            taken.push(desk.take(file, Some(&written))?);
        }
    }
    if let Some(own) = &own {
        remove(desk.as_ref(), own, &earlier, &mut notes);
    }
    Ok(Attached {
        place: written.place,
        is_update: own.is_some(),
        files: files.into_iter().map(|file| file.name).collect(),
        notes,
    })
}

/// Sends what comes before the comment, and the comment. What was taken is told also where that failed.
fn make(
    desk: &dyn Desk,
    own: Option<&Own>,
    (title, body, files, takes): (&'static str, &Body, &[Upload], &Takes),
    taken: &mut Vec<Taken>,
) -> Result<Written, Fault> {
    if desk.when() == When::Before {
        for file in files {
            taken.push(desk.take(file, None)?);
        }
    }
    let text = desk.safe(text_with(body, files, taken, takes));
    let references: Vec<String> = taken.iter().map(|one| one.reference.clone()).collect();
    let mark = Mark::of(&body.name, &text, references);
    fits(title, &mark.above(&text), body.limit)?;
    write(desk, own, &text, &mark)
}

/// Removes the files of a comment that is not there. Where that is not known they stay, as it may name them.
fn take_back(desk: &dyn Desk, taken: &[Taken], fault: &Fault) {
    if !fault.is_open() {
        for file in taken {
            // What cannot be removed is told by nobody: the fault that is told is the one to mend.
            let _ = desk.remove(None, &file.reference);
        }
    }
}

fn desk(issue: &Issue, access: &Access) -> Box<dyn Desk> {
    match &issue.place {
        Place::GitHub(place) => Box::new(github::Desk::new(issue, place, access)),
        Place::GitLab(place) => Box::new(gitlab::Desk::new(issue, place, access)),
        Place::Gitea(place) => Box::new(gitea::Desk::new(issue, place, access)),
        Place::Jira(key) => Box::new(jira::Desk::new(issue, key, access)),
    }
}

/// The files as the host takes them. Nothing is sent if one of them is too large.
fn fitting(
    takes: &Takes,
    (title, files): (&'static str, &[Upload]),
    notes: &mut Vec<String>,
) -> Result<Vec<Upload>, Fault> {
    let (most, kinds) = match takes {
        Takes::Files { most, kinds } => (*most, kinds),
        Takes::Nothing(why) => {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            if !names.is_empty() {
                notes.push(format!("{why}; not sent: {}", names.join(", ")));
            }
            return Ok(Vec::new());
        }
    };
    let mut fitting = Vec::new();
    for file in files {
        let sent = match (kinds.take(&file.name), kinds.take(".gz")) {
            (true, _) => file.clone(),
            (false, true) => file.packed(),
            (false, false) => {
                notes.push(format!("{title} takes no files that end as {} does, nor .gz; not sent", file.name));
                continue;
            }
        };
        if sent.size() > most {
            return Err(Fault::TooLarge { title, what: sent.name.clone(), has: sent.size(), limit: most });
        }
        fitting.push(sent);
    }
    Ok(fitting)
}

fn fits(title: &'static str, text: &str, limit: usize) -> Result<(), Fault> {
    let (has, limit) = (text.len() as u64, limit as u64);
    if has > limit { Err(Fault::TooLarge { title, what: "the comment".to_owned(), has, limit }) } else { Ok(()) }
}

/// The text, and which files came with it or did not.
fn text_with(body: &Body, files: &[Upload], taken: &[Taken], takes: &Takes) -> String {
    let text = body.text.trim();
    let names = |files: &[Upload]| files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
    let links: Vec<&str> = taken.iter().filter_map(|one| one.link.as_deref()).collect();
    let last = match takes {
        _ if body.files.is_empty() => return text.to_owned(),
        Takes::Nothing(_) => {
            format!("Not attached, as this host takes no files from programs: {}.", names(&body.files))
        }
        Takes::Files { .. } if files.is_empty() => return text.to_owned(),
        Takes::Files { .. } if links.is_empty() => format!("Attached: {}.", names(files)),
        Takes::Files { .. } => format!("Attached: {}.", links.join(", ")),
    };
    format!("{text}\n\n{last}")
}

/// Writes the comment. Where a try came to an open end, it is looked for before it is written again: so there is one.
fn write(desk: &dyn Desk, own: Option<&Own>, text: &str, mark: &Mark) -> Result<Written, Fault> {
    let mut own = own.cloned();
    let mut tried = 0;
    loop {
        tried += 1;
        let fault = match desk.write(own.as_ref(), text, mark) {
            Ok(written) => return Ok(written),
            Err(fault) => fault,
        };
        // An update was tried again on the wire already.
        let wait = desk.pace().wait(tried, None).filter(|_| fault.is_open() && own.is_none());
        let Some(wait) = wait else { return Err(fault) };
        std::thread::sleep(wait);
        own = desk.find(&mark.name)?;
        if let Some(there) = own.as_ref().filter(|own| own.mark == *mark) {
            return Ok(Written { id: there.id.clone(), place: there.place.clone() });
        }
    }
}

/// Removes the files of an earlier run. The new ones are there, so what stays is told and no failure.
fn remove(desk: &dyn Desk, own: &Own, earlier: &[String], notes: &mut Vec<String>) {
    for reference in earlier {
        match desk.remove(Some(own), reference) {
            Ok(true) => {}
            Ok(false) => notes.push(format!("the earlier file {reference} is not of this account, and stays")),
            Err(fault) => notes.push(format!("the earlier file {reference} stays: {fault}")),
        }
    }
}
