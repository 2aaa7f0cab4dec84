//! Results to one self-contained page: HTML, SVG charts and their table twins.
//!
//! [`link_report`] turns a [`LinkReport`], which the caller fills with plain numbers and words, into a page that
//! needs no network and no script and that prints. The charts of [`chart`] stand on their own too.
//! Pure: no files, no clock; the same report gives the same bytes.
//!
//! Three rules hold everywhere and are tested:
//! * text enters a page only through [`Markup`], which escapes it, so no cell content can become markup;
//! * every chart is followed by a table with the same figures, and says in words what its colours say;
//! * the numbers of an explanation are rounded together, so that what is printed adds up to what is printed.
//!
//! There is no template engine: a page is a sequence of Rust calls on [`Markup`], which balances tags by
//! construction (templates cannot) and costs no build time. The look is one stylesheet, `assets/report.css`.

pub mod chart;

mod font;
mod markup;
mod page;
mod quality;
mod report;
mod sentence;
mod table;
mod words;

pub use chart::Chart;
pub use markup::Markup;
pub use page::{link_report, quality_report};
pub use quality::{
    AccuracyEstimate, Band, GroupResult, GroupingResult, NotFoundIn, Provision, QualityReport,
};
pub use report::{
    Accuracy, BlockingResult, ColumnQuality, Decision, Estimate, ExplainedPair, Input, LinkReport, Note,
    PairCounts, PersonSize, Placeholder, Provenance, Route, ScoreBin, ScoreHistogram, SourceColumns,
    SourcePair, SourceResult, Stage,
};
pub use sentence::sentence;
pub use table::{Align, Table};
