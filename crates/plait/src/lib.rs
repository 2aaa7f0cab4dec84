//! Every use case once. The command line, and later the notebook and the server, hold no logic of their own:
//! they gather a request, call one function here, and show what comes back.

mod annex;
mod authority;
mod compare;
mod constraints;
mod dataset;
mod decision;
mod details;
mod dictionary;
mod explain;
mod faults;
mod given;
mod groups;
mod held;
mod labels;
mod link;
mod look;
mod method;
mod model;
mod names;
mod not_found;
mod output;
mod ownership;
mod pair_table;
pub mod parts;
mod place;
mod quality;
mod quality_report;
mod read;
mod reason;
mod report;
mod routes;
mod run;
mod score;
pub mod similarity;
mod source;
mod specs;
mod summary;
mod trace_request;
mod traced;
mod tradeoff;
mod written;

pub use annex::{Annex, AnnexRequest, write_annex};
pub use compare::{CompareRequest, Compared, compare};
pub use details::Detail;
pub use dictionary::data_dictionary;
pub use explain::{ExplainRequest, explain, explanation_chart, explanation_document};
pub use faults::Faults;
pub use given::TableSpec;
pub use held::Held;
pub use link::{LinkRequest, Linked, link};
pub use look::{LookRequest, Looked, look};
pub use model::{
    ChosenModel, FromSplink, ModelRequest, ModelSpec, check_model, children_model, choose_model,
    difference_of_models, explain_model, export_splink, from_splink, import_splink, model_chart,
    model_schema, new_model, to_splink,
};
pub use plait_engine::clustering;
pub use plait_engine::evaluation::{Rates, Scores};
pub use plait_engine::explanation::{Explanation, Term, TermKind};
pub use plait_engine::methods::Method;
pub use plait_engine::model::{Clustering, LinkType, Model};
pub use plait_engine::objection::Objection;
pub use plait_engine::progress::{Progress, Silent, Stage};
pub use plait_formats::read::Rows;
pub use plait_report::sentence;
pub use plait_types::identifier::LaCode;
pub use plait_types::{
    DateOrder, Fault, FaultCode, FaultKind, Issue, IssueKind, PartialDate, Role, Severity, are, counted,
    grouped, nearest,
};
pub use read::{HeldReturn, ReadDone, ReadRequest, read};
pub use run::{Run, RunTruth};
pub use score::{ScoreRequest, score};
pub use source::{SourceSpec, say_what_they_are};
pub use specs::{Shown, list_specs, show_spec};
pub use trace_request::{TraceRequest, trace_request};
pub use tradeoff::Tradeoff;
pub use written::Written;

/// The version of this program, as outputs state it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
