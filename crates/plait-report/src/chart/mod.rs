//! Charts as SVG, each with a table of the same figures.
//!
//! Every chart stands on its own: colours and sizes are in the SVG, its title and description are read out by
//! screen readers, and what a colour says is said by a pattern or a word as well. There are no tooltips.
//! Colours are those of the Analysis Function palette, which stay apart for people who see few colours.

pub mod bars;
pub mod dependence;
pub mod histogram;
pub mod intervals;
pub mod parameters;
pub mod tradeoff;
pub mod waterfall;
pub mod weights;

mod canvas;

use crate::markup::Markup;
use crate::table::Table;

/// A picture and the same figures as a table.
#[derive(Clone, Debug)]
pub struct Chart {
    /// An `svg` element. Its ids start with the id that the chart was given.
    pub svg: Markup,
    /// What the picture shows.
    pub table: Table,
}

impl Chart {
    /// Both as HTML that needs no stylesheet, for a notebook; the table is folded away.
    pub fn html(&self) -> String {
        let mut html = self.svg.clone();
        html.element("details", &[], |m| {
            m.leaf("summary", &[], "The same as a table");
            self.table.write(m);
        });
        html.to_string()
    }
}

/// How an area is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Dark blue: for, linked, usable.
    Solid,
    /// Orange: against.
    Orange,
    /// Orange with dark stripes: to be looked at by a person, not valid.
    Striped,
    /// Light blue with upright lines: a second kind of the same thing.
    Lined,
    /// Dark grey: sums.
    Grey,
    /// White with an outline: nothing there.
    Open,
}
