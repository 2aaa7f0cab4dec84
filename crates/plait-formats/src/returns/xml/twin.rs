//! The walk as quick-xml makes it, and that ours makes the same.

use super::*;
use crate::returns::utf8::Utf8Reader;
use plait_types::FaultCode;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::BufReader;

/// What a walk said, as text.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said(Vec<String>);

impl Elements for Said {
    fn enter(&mut self, name: &str, line: &mut dyn FnMut() -> u64) -> Result<(), Fault> {
        self.0.push(format!("<{name} in line {}", line()));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        match self.0.last_mut().filter(|said| said.starts_with('=')) {
            Some(said) => said.push_str(text),
            None if text.is_empty() => {}
            None => self.0.push(format!("={text}")),
        }
        Ok(())
    }

    fn undecodable(&mut self, _offset: u64) {
        self.0.push("undecodable".to_owned());
    }

    fn leave(&mut self) -> Result<(), Fault> {
        self.0.push(">".to_owned());
        Ok(())
    }
}

/// The slow and obvious twin of [`walk`].
fn walk_slowly(text: &str, said: &mut Said) -> Result<usize, FaultCode> {
    let mut reader = Reader::from_reader(BufReader::new(text.as_bytes()));
    reader.config_mut().allow_dangling_amp = true;
    let (mut buffer, mut depth, mut entities) = (Vec::new(), 0, 0);
    let (mut ended, mut behind_tag) = (false, true);
    loop {
        buffer.clear();
        reader.config_mut().trim_text_start = behind_tag;
        behind_tag = false;
        let before = text[..reader.buffer_position() as usize].len();
        let event = reader.read_event_into(&mut buffer).map_err(|_| FaultCode::Truncated)?;
        let mut line = || {
            let tag = text[before..].find('<').map_or(before, |at| before + at);
            text[..tag].matches('\n').count() as u64 + 1
        };
        match event {
            Event::Start(_) | Event::Empty(_) if ended => return Err(FaultCode::Truncated),
            Event::Start(start) => {
                behind_tag = true;
                depth += 1;
                if depth > DEEPEST {
                    return Err(FaultCode::UnsafeXml);
                }
                said.enter(start.local_name().into_inner(), &mut line).unwrap();
            }
            Event::Empty(start) => {
                behind_tag = true;
                said.enter(start.local_name().into_inner(), &mut line).unwrap();
                said.leave().unwrap();
                ended = depth == 0;
            }
            Event::End(_) => {
                behind_tag = true;
                depth -= 1;
                ended = depth == 0;
                said.leave().unwrap();
            }
            Event::Text(text) => said.text(&text).unwrap(),
            Event::CData(text) => said.text(&text).unwrap(),
            Event::GeneralRef(reference) => {
                let known = quick_xml::escape::resolve_xml_entity(&reference).map(str::to_owned);
                let known = known.or_else(|| reference.resolve_char_ref().ok().flatten().map(String::from));
                entities += usize::from(known.is_none());
                said.text(&known.unwrap_or_else(|| format!("&{};", &*reference))).unwrap();
            }
            Event::DocType(_) => return Err(FaultCode::UnsafeXml),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if ended => return Ok(entities),
            Event::Eof => return Err(FaultCode::Truncated),
        }
    }
}

/// Pieces of which texts are put together, so that many are XML and many nearly are.
const PIECES: &[&str] = &[
    "<a>",
    "</a>",
    "<a>",
    "</a>",
    "<b>",
    "</b>",
    "<a/>",
    "<m:b x='1>2' y=\"/\">",
    "</m:b >",
    "<b\nc = '3'\n/>",
    "<a",
    "</",
    "<",
    ">",
    "/>",
    "text",
    "  ",
    "\n",
    "\r\n\t",
    "&amp;",
    "&#233;",
    "&#xE9;",
    "&#0;",
    "&#+1;",
    "&eacute;",
    "&",
    ";",
    "é",
    "<!-- c > -->",
    "<!---->",
    "<!-->",
    "--",
    "<![CDATA[<x> & ]]>",
    "<![CDATA[]]>",
    "<![cdata[",
    "]]>",
    "<?p ?>",
    "<?>",
    "?>",
    "<!DOCTYPE a>",
    "<!x>",
    "'",
    "\"",
    "=",
    "< a>",
    "<>",
    "</>",
];

fn check(text: &str, step: usize) -> Result<(), TestCaseError> {
    let (mut said, mut slowly) = (Said::default(), Said::default());
    let issues = walk_in(
        Utf8Reader::with_step(text.as_bytes(), "a.xml", step).unwrap(),
        "a.xml",
        &mut said,
        &mut |_| Ok(()),
    );
    let entities = issues.map(|issues| issues.iter().map(|issue| issue.count).sum::<usize>());
    let twin = walk_slowly(text, &mut slowly);
    match (entities.map_err(|fault| fault.code), twin) {
        // a document type is refused as soon as it begins
        (Err(FaultCode::UnsafeXml), Err(_)) if text.contains("<!DOCTYPE") => {}
        (ours, twin) => {
            prop_assert_eq!(ours, twin, "{:?}", text);
            prop_assert_eq!(said, slowly, "{:?}", text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn walking_agrees_with_another_parser(
        pieces in proptest::collection::vec(prop::sample::select(PIECES), 0..14),
        wrapped in any::<bool>(),
        step in prop::sample::select(&[1_usize, 2, 3, 7, 64, 4096][..]),
    ) {
        let text = pieces.concat();
        check(&if wrapped { format!("<r>{text}</r>") } else { text }, step)?;
    }
}
