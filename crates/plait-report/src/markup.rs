//! The only place where text becomes markup.

use std::fmt;

/// A piece of HTML or SVG that is well-formed XML: every tag is closed, and text is escaped.
///
/// Names of elements and attributes are literals of this crate; contents and attribute values may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

/// Attributes of one element; values are escaped when written.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Markup {
    /// An element with whatever `content` writes.
    pub(crate) fn element(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        content: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.start(name, attributes);
        self.0.push('>');
        content(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    /// An element with text only.
    pub(crate) fn leaf(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) -> &mut Self {
        self.element(name, attributes, |m| m.text(text))
    }

    /// An element without content.
    pub(crate) fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) -> &mut Self {
        self.start(name, attributes);
        self.0.push_str("/>");
        self
    }

    /// Text; whatever would be markup is escaped.
    pub(crate) fn text(&mut self, text: &str) {
        escape(text, &mut self.0);
    }

    /// Another piece, as it is.
    pub(crate) fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// A `style` element. Browsers do not decode entities there, so the two characters that could end it are
    /// written as CSS escapes.
    pub(crate) fn style(&mut self, css: &str) {
        self.0.push_str("<style>");
        self.0.push_str(&css.replace('<', "\\3c ").replace('&', "\\26 "));
        self.0.push_str("</style>");
    }

    /// The markup as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn start(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push(' ');
            self.0.push_str(key);
            self.0.push_str("=\"");
            escape(value, &mut self.0);
            self.0.push('"');
        }
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Any text as a CSS string with its quotes: everything but ASCII letters, digits and spaces is written as a number.
pub(crate) fn css_string(text: &str) -> String {
    let mut css = String::from("\"");
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' => css.push(character),
            // a CSS string may hold no NUL, not even escaped
            '\0' => css.push_str("\\fffd "),
            other => {
                css.push('\\');
                css.push_str(&hexadecimal(other));
                css.push(' ');
            }
        }
    }
    css.push('"');
    css
}

fn hexadecimal(character: char) -> String {
    format!("{:x}", u32::from(character))
}

fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            // not allowed in XML, and of no use in HTML
            '\0'..='\u{8}'
            | '\u{b}'
            | '\u{c}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                into.push('\u{fffd}');
            }
            other => into.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;

    /// Names of elements and their attributes, in order of appearance.
    fn shape(xml: &str) -> Vec<String> {
        let mut reader = Reader::from_str(xml);
        let mut shape = Vec::new();
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(tag) | Event::Empty(tag) => {
                    let name = tag.name();
                    let mut words = vec![name.as_ref().to_owned()];
                    for attribute in tag.attributes() {
                        let attribute = attribute.expect("well-formed");
                        words.push(attribute.key.as_ref().to_owned());
                    }
                    shape.push(words.join(" "));
                }
                Event::Eof => return shape,
                _ => {}
            }
        }
    }

    fn page_with(text: &str) -> Markup {
        let mut m = Markup::default();
        m.element("div", &[("title", text), ("lang", "en")], |m| {
            m.leaf("p", &[], text);
            m.empty("img", &[("alt", text)]);
        });
        m
    }

    #[test]
    fn markup_in_text_stays_text() {
        assert_eq!(
            page_with("\"><script>O'B & Co\0").as_str(),
            "<div title=\"&quot;&gt;&lt;script&gt;O&#39;B &amp; Co\u{fffd}\" lang=\"en\">\
             <p>&quot;&gt;&lt;script&gt;O&#39;B &amp; Co\u{fffd}</p>\
             <img alt=\"&quot;&gt;&lt;script&gt;O&#39;B &amp; Co\u{fffd}\"/></div>"
        );
    }

    #[test]
    fn a_css_string_cannot_end_early() {
        assert_eq!(css_string("a\"</style>\\"), "\"a\\22 \\3c \\2f style\\3e \\5c \"");
        assert_eq!(css_string("\0é\n"), "\"\\fffd \\e9 \\a \"");
    }

    #[test]
    fn a_style_element_cannot_be_closed_by_its_content() {
        let mut m = Markup::default();
        m.style("p { content: \"</style><script>\" }");
        assert_eq!(m.as_str(), "<style>p { content: \"\\3c /style>\\3c script>\" }</style>");
    }

    proptest! {
        #[test]
        fn no_text_changes_the_shape_of_a_page(text in any::<String>()) {
            prop_assert_eq!(shape(page_with(&text).as_str()), shape(page_with("x").as_str()));
        }

        #[test]
        fn no_text_of_markup_characters_changes_the_shape_of_a_page(text in "[<>&\"'/=! a\\]\\[-]{0,12}") {
            prop_assert_eq!(shape(page_with(&text).as_str()), shape(page_with("x").as_str()));
        }

        #[test]
        fn a_css_string_holds_no_character_that_means_something(text in any::<String>()) {
            let css = css_string(&text);
            let inner = &css[1..css.len() - 1];
            prop_assert!(inner.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '\\'));
        }
    }
}
