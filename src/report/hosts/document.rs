//! The draft as blocks: what a Markdown parser reads in it, and nothing that it does not have.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A draft.
#[derive(Debug, Default)]
pub struct Document {
    pub blocks: Vec<Block>,
}

/// A part of it that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// From 1.
    Heading(usize, Vec<Inline>),
    Paragraph(Vec<Inline>),
    List(List),
    /// Rows of cells; the first row is its head.
    Table(Vec<Vec<Vec<Inline>>>),
    /// Text to be shown as it stands, and its language.
    Code {
        language: String,
        text: String,
    },
}

/// A list and its items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub is_numbered: bool,
    pub items: Vec<Item>,
}

/// A line of a list, and the lists below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    pub line: Vec<Inline>,
    pub below: Vec<List>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    /// A quotation.
    Code(String),
    Strong(String),
    Emphasis(String),
}

impl Document {
    /// Reads Markdown. What the draft has none of, as links and images, leaves its text.
    pub fn read(markdown: &str) -> Self {
        let mut reader = Reader::default();
        for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
            reader.take(event);
        }
        Self { blocks: reader.blocks }
    }

    /// Puts `chart`, which is text, in the place of what only some hosts draw.
    pub fn draw(&mut self, chart: Option<&str>) {
        for block in &mut self.blocks {
            if let Block::Code { language, text } = block
                && language == "mermaid"
            {
                language.clear();
                chart.unwrap_or_default().clone_into(text);
            }
        }
    }

    /// Leaves out the heading with these words, and all that follows.
    pub fn end_before(&mut self, heading: &str) {
        let is_it =
            |block: &Block| matches!(block, Block::Heading(_, line) if line == &[Inline::Text(heading.to_owned())]);
        if let Some(place) = self.blocks.iter().position(is_it) {
            self.blocks.truncate(place);
        }
    }
}

/// What is being read.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// Lists that are open, the innermost last.
    lists: Vec<List>,
    rows: Vec<Vec<Vec<Inline>>>,
    line: Vec<Inline>,
    code: Option<(String, String)>,
    is_strong: bool,
    is_emphasis: bool,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Code(text) => self.line.push(Inline::Code(text.into_string())),
            Event::Text(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Html(line) => self.html(line.trim()),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(text);
            return;
        }
        // The parser gives a text in pieces.
        match self.line.last_mut() {
            Some(Inline::Text(last)) if !self.is_strong && !self.is_emphasis => last.push_str(text),
            Some(Inline::Strong(last)) if self.is_strong => last.push_str(text),
            Some(Inline::Emphasis(last)) if self.is_emphasis && !self.is_strong => last.push_str(text),
            _ => {
                let text = text.to_owned();
                self.line.push(match (self.is_strong, self.is_emphasis) {
                    (true, _) => Inline::Strong(text),
                    (false, true) => Inline::Emphasis(text),
                    (false, false) => Inline::Text(text),
                });
            }
        }
    }

    /// The draft folds its long tables, each under a summary. Elsewhere they stand under a heading.
    fn html(&mut self, line: &str) {
        if let Some(words) = line.strip_prefix("<summary>").and_then(|line| line.strip_suffix("</summary>")) {
            self.blocks.push(Block::Heading(3, vec![Inline::Text(words.to_owned())]));
        } else if !["<details>", "</details>"].contains(&line) && !line.starts_with("<!--") {
            self.text(line);
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::List(first) => {
                self.end_line();
                self.lists.push(List { is_numbered: first.is_some(), items: Vec::new() });
            }
            Tag::Item => {
                self.end_line();
                self.lists.last_mut().into_iter().for_each(|list| list.items.push(Item::default()));
            }
            Tag::Table(_) => self.rows.clear(),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::Strong => self.is_strong = true,
            Tag::Emphasis => self.is_emphasis = true,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let line = std::mem::take(&mut self.line);
                self.blocks.push(Block::Heading(level_of(level), line));
            }
            TagEnd::Paragraph | TagEnd::HtmlBlock | TagEnd::Item => self.end_line(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.line);
                self.rows.last_mut().into_iter().for_each(|row| row.push(cell.clone()));
            }
            TagEnd::Table => self.blocks.push(Block::Table(std::mem::take(&mut self.rows))),
            TagEnd::CodeBlock => {
                let (language, text) = self.code.take().unwrap_or_default();
                self.blocks.push(Block::Code { language, text: text.trim_end().to_owned() });
            }
            TagEnd::List(_) => {
                let Some(list) = self.lists.pop() else { return };
                match self.lists.last_mut().and_then(|above| above.items.last_mut()) {
                    Some(item) => item.below.push(list),
                    None => self.blocks.push(Block::List(list)),
                }
            }
            TagEnd::Strong => self.is_strong = false,
            TagEnd::Emphasis => self.is_emphasis = false,
            _ => {}
        }
    }

    /// Gives the words read so far to whom they belong: the item of a list, or a paragraph.
    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return;
        }
        match self.lists.last_mut().and_then(|list| list.items.last_mut()) {
            Some(item) if item.line.is_empty() => item.line = line,
            Some(item) => {
                item.line.push(Inline::Text(" ".to_owned()));
                item.line.extend(line);
            }
            None => self.blocks.push(Block::Paragraph(line)),
        }
    }
}

fn level_of(level: HeadingLevel) -> usize {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
