//! The commands and their options, which is also their help, their reference and their completions.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are shown on terminals, where backticks mean nothing"
)]

use crate::exit;
use clap::builder::{OsStringValueParser, PossibleValue, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use plait::{LaCode, LinkType, Method, PartialDate, Role, SourceSpec};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Links records about the same person across files that share no key, and explains every link.
///
/// Everything happens on this machine; nothing is sent anywhere and nothing is fetched.
#[derive(Debug, Parser)]
#[command(
    name = "plait",
    version = plait::VERSION,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    propagate_version = true,
    max_term_width = 100,
    after_help = format!("{ALL_EXAMPLES}\n\n{}", exit::help())
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Show how the program itself holds a fault, after its message.
    #[arg(long, global = true)]
    pub(crate) debug: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Link(Link),
    Look(Look),
    Read(Read),
    Write(Write),
    Explain(Explain),
    Score(Score),
    Compare(Compare),
    Model(Model),
    Specs(Specs),
    Synth(Synth),
    Completions(Completions),
    Man(Man),
    #[command(hide = true)]
    Reference(Reference),
}

const ALL_EXAMPLES: &str = "\
Examples:
  plait link census.csv social_care.parquet --out linked     link two files; no settings needed
  plait look census.csv                                      what is in a file, before linking it
  plait read cin_census.xml --out cin                        a statutory return, checked and taken apart
  plait write pds-trace-request social_care/ --out trace     NHS numbers to be traced, in the service's form
  plait explain linked census:1042 social_care:77            why two records are linked, or not
  plait synth borough --children 20000 --out demo            made-up children to try it on";

const LINK_EXAMPLES: &str = "\
Examples:
  plait link census.csv social_care.parquet --out linked
  plait link pupils=spring.xlsx clinic=export.csv --out linked       sources by the names you choose
  plait link register.csv --out people                               find records of one person in one file
  plait link a.csv b.csv --out linked --role \"REF_NO=identifier\"     say what a column means
  plait link a.csv b.csv --out linked --dry-run                      say what would be done
  plait link a.csv b.csv --out linked --truth truth.csv              measure against known persons
  plait link a.csv b.csv --out linked --constraints pairs.csv        pairs that must be, or never be, one person
  plait link a.csv b.csv --out again --model linked/model.toml       the same model again
  plait link a.csv b.csv --out baseline --method mavis               by published rules, to compare with

Writes to the folder: people.parquet (source, record, person_id, confidence), links.parquet (every link and
every pair to review, with its weight and rule), people.xlsx, not_found.csv, report.html, quality-report.html,
model.toml and run.json. Nothing is written unless everything is.";

/// Link the records of one or more files and write who is who
///
/// Reads CSV, Parquet, Excel (xlsx) and Arrow files, and statutory returns and health extracts as they are: XML, folders
/// and zip archives of tables (plait specs list names them). What the columns mean, which pairs to compare and how much
/// each agreement counts are found out from the data, and printed; all of it can be overridden.
#[derive(Debug, Args)]
#[command(after_help = LINK_EXAMPLES)]
#[expect(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "a flag of the command is a bool of its name"
)]
pub(crate) struct Link {
    /// Files, each as PATH or NAME=PATH; the name stands in every output
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = source())]
    pub(crate) sources: Vec<SourceSpec>,
    /// Folder to write to
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// Use this model instead of one chosen from the data
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) model: Option<PathBuf>,
    /// Link by the rules of a published method instead of a model, to see what a model adds
    #[arg(long, value_name = "NAME", conflicts_with_all = ["model", "threshold"])]
    pub(crate) method: Option<MethodName>,
    /// Also write the model as it was used to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save_model: Option<PathBuf>,
    /// Measure the result against a table with columns source, record, entity
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) truth: Option<PathBuf>,
    /// Keep pairs of records apart, or put them together, whatever they weigh: a table with columns source_l, record_l,
    /// source_r, record_r and constraint (must_link or cannot_link)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) constraints: Option<PathBuf>,
    /// Learn from pairs that somebody has looked at, and measure the result by them: a table with columns source_l,
    /// record_l, source_r, record_r and label (match or non_match; empty where nobody can tell)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) labels: Option<PathBuf>,
    /// Take names to be spellings or short forms of each other, besides those that are built in: a table with columns name
    /// and variant
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) names: Option<PathBuf>,
    /// Say what a column means; may be given several times [roles: see plait look --help]
    #[arg(long = "role", value_name = "HEADER=ROLE", value_parser = role)]
    pub(crate) roles: Vec<(String, Role)>,
    /// Say which return a source is, or a file that describes it; may be given several times [default: found from its
    /// content; plait specs list names those that are known]
    #[arg(long = "as", value_name = "[NAME=]RETURN", value_parser = named_return)]
    pub(crate) returns: Vec<(Option<String>, String)>,
    /// Say of which local authority a source is, by its three digits; may be given several times [default: what its files
    /// say; ids of children are compared within one authority]
    #[arg(long = "authority", value_name = "[NAME=]NUMBER", value_parser = named_authority)]
    pub(crate) authorities: Vec<(Option<String>, LaCode)>,
    /// Which pairs may be links [default: decided from the files, and printed]
    #[arg(long, value_name = "TYPE")]
    pub(crate) link_type: Option<LinkTypeName>,
    /// Match probability from which a pair is a link, 0 to 1 [default: the model's]
    #[arg(long, value_name = "P", allow_negative_numbers = true, value_parser = probability)]
    pub(crate) threshold: Option<f64>,
    /// Day on which ages are told, YYYY-MM-DD, for figures by age [default: the day that the returns are about, else the
    /// end of the year of the latest births]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) ages_on: Option<PartialDate>,
    /// Threads to use; results do not depend on it [default: all of the machine's]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// Refuse a job that needs more memory than this, such as 800M or 4G
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) memory: Option<u64>,
    /// Of everything random: the same seed and files give the same results
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole_number)]
    pub(crate) seed: u64,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Also print the model in plain English, and what each blocking rule found
    #[arg(long)]
    pub(crate) explain: bool,
    /// Read the files and say what would be done; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write people.xlsx however many records there are
    #[arg(long, conflicts_with = "no_workbook")]
    pub(crate) workbook: bool,
    /// Do not write people.xlsx
    #[arg(long)]
    pub(crate) no_workbook: bool,
}

const LOOK_EXAMPLES: &str = "\
Examples:
  plait look census.csv
  plait look returns.xlsx --sheet \"Spring 2026\"
  plait look export.csv --role \"REF_NO=identifier\" --json";

/// Show what is in a file or return: format, what the columns mean, completeness, validity, placeholders, masked rows
#[derive(Debug, Args)]
#[command(after_help = format!("{LOOK_EXAMPLES}\n\n{}", roles_help()))]
pub(crate) struct Look {
    /// The file; or the folder or zip archive of a return
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) file: PathBuf,
    /// Sheet of a workbook [default: the first with rows]
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Say which return it is, or a file that describes it [default: found from its content]
    #[arg(long = "as", value_name = "RETURN")]
    pub(crate) is: Option<String>,
    /// Say what a column means; may be given several times
    #[arg(long = "role", value_name = "HEADER=ROLE", value_parser = role)]
    pub(crate) roles: Vec<(String, Role)>,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

const READ_EXAMPLES: &str = "\
Examples:
  plait read cin_census_2026.xml --out cin
  plait read school_census_spring.zip --out census
  plait read pupils=2026_spring/ --out census
  plait read local_list.csv --as local_list.toml --out list      described in a file of your own

Writes to the folder: identity*.parquet (who the records are about), payload-*.parquet (everything else, joined by
record_key alone), issues.csv (what is wrong, worst first, to work through), columns.csv (completeness and validity)
and dataset.json.";

/// Read a statutory return or health extract: check it, and write identity and payload apart
///
/// Files, folders and zip archives are recognised by their content. Rows that cannot be used are set aside and counted;
/// no message and no list holds a value of a record.
#[derive(Debug, Args)]
#[command(after_help = READ_EXAMPLES)]
pub(crate) struct Read {
    /// File, folder or zip archive, as PATH or NAME=PATH
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath, value_parser = source())]
    pub(crate) source: SourceSpec,
    /// Folder to write to
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// Say which return it is, or a file that describes it [default: found from its content]
    #[arg(long = "as", value_name = "RETURN")]
    pub(crate) is: Option<String>,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

const WRITE_EXAMPLES: &str = "\
Examples:
  plait write pds-trace-request social_care/ --out trace
  plait write annex-a standard_safeguarding_dataset/ --on 2026-03-31 --out inspection
  plait write annex-a-send sen2/ school_census/ --linked linked --out send";

/// Write a file for others from what was read, in the form that they prescribe
///
/// What the form asks for and the sources do not say is left empty and counted; nothing is made up. Nothing is written unless
/// everything is.
#[derive(Debug, Args)]
#[command(after_help = WRITE_EXAMPLES)]
pub(crate) struct Write {
    #[command(subcommand)]
    pub(crate) action: WriteAction,
}

const TRACE_REQUEST_EXAMPLES: &str = "\
Examples:
  plait write pds-trace-request standard_safeguarding_dataset/ --out trace
  plait write pds-trace-request standard_safeguarding_dataset/ --cp-is --out trace
  plait write pds-trace-request list.csv --role \"REF=record_id\" --out trace

Writes to the folder: pds-trace-request.csv (one row for each person who can be asked for), left_out.csv (the other records,
and why) and written.json (counts, and the hash of what it was made from).";

const ANNEX_A_EXAMPLES: &str = "\
Examples:
  plait write annex-a standard_safeguarding_dataset/ --on 2026-03-31 --out inspection
  plait write annex-a draft.xlsx --out inspection

Writes to the folder: annex-a.xlsx (a sheet for each list), lacking.csv (the columns that are empty, in how many rows and why)
and written.json.";

const ANNEX_A_SEND_EXAMPLES: &str = "\
Examples:
  plait write annex-a-send sen2_2026/ school_census_2026_spring/ --out send
  plait link sen2_2026/ school_census_2026_spring/ case_management/ --out linked
  plait write annex-a-send sen2_2026/ school_census_2026_spring/ case_management/ --linked linked --out send

Writes to the folder: annex-a-send.xlsx (a sheet for each list), lacking.csv (the columns that are empty, in how many rows and
why) and written.json.";

#[derive(Debug, Subcommand)]
pub(crate) enum WriteAction {
    /// Ask the Personal Demographics Service for NHS numbers: a request in the CSV form that it takes over MESH
    ///
    /// The reference of each row is the name of the record in the source, by which plait link joins the answer to it. A row is
    /// written where there is a date of birth, and a surname or a valid NHS number.
    #[command(name = "pds-trace-request", after_help = TRACE_REQUEST_EXAMPLES)]
    TraceRequest {
        /// A return or any table of persons, as PATH or NAME=PATH
        #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath, value_parser = source())]
        source: SourceSpec,
        /// Folder to write to
        #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: PathBuf,
        /// Only children with a protection plan or looked after, whom child protection information sharing is about
        #[arg(long)]
        cp_is: bool,
        /// Say which return it is, or a file that describes it [default: found from its content]
        #[arg(long = "as", value_name = "RETURN")]
        is: Option<String>,
        /// Say what a column means; may be given several times [roles: see plait look --help]
        #[arg(long = "role", value_name = "HEADER=ROLE", value_parser = role)]
        roles: Vec<(String, Role)>,
        /// Print one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Write the workbook of child-level lists for an inspection of children's services (Ofsted, ILACS)
    ///
    /// Lists 1 to 10 are filled from the Standard Safeguarding Dataset, or all of them from a workbook of this kind, whose sheets
    /// and headers it then has as they should be. Rows that a list is not about are counted. Choose the months in your extract.
    #[command(name = "annex-a", after_help = ANNEX_A_EXAMPLES)]
    AnnexA {
        /// Returns to fill the lists from, each as PATH or NAME=PATH
        #[arg(required = true, value_name = "SOURCE", value_hint = ValueHint::AnyPath, value_parser = source())]
        sources: Vec<SourceSpec>,
        /// Folder to write to
        #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: PathBuf,
        /// Day of the lists, YYYY-MM-DD, on which ages and counts of the last 12 months are told
        #[arg(long, value_name = "DATE", value_parser = day)]
        on: Option<PartialDate>,
        /// Print one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Write the workbook of lists for an inspection of an area's SEND provision
    ///
    /// List 1, children with a plan, is filled from SEN2, list 2, children with SEN support, from the school census, or both from
    /// a workbook of this kind. Whether a child is known to children's social care is said by a run that linked these files with
    /// social care; the Standard Safeguarding Dataset among the sources adds the team and disabilities.
    #[command(name = "annex-a-send", after_help = ANNEX_A_SEND_EXAMPLES)]
    AnnexASend {
        /// Returns to fill the lists from, each as PATH or NAME=PATH
        #[arg(required = true, value_name = "SOURCE", value_hint = ValueHint::AnyPath, value_parser = source())]
        sources: Vec<SourceSpec>,
        /// Folder to write to
        #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: PathBuf,
        /// Folder of a run that linked these sources with social care
        #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath)]
        linked: Option<PathBuf>,
        /// Print one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  plait explain linked census:1042 social_care:77      why these two records are linked, or not
  plait explain linked 1042 77 --show-values           the same with the values compared
  plait explain E012                                   what a message means";

/// Explain why two records of a run are linked or not, or what the code of a message means
///
/// The files that the run was made from must still be there and unchanged.
#[derive(Debug, Args)]
#[command(
    after_help = EXPLAIN_EXAMPLES,
    override_usage = "plait explain <DIR> <LEFT> <RIGHT> [OPTIONS]\n       plait explain <CODE>"
)]
pub(crate) struct Explain {
    /// Folder of the run; or the code of a message, such as E012
    #[arg(value_name = "DIR|CODE", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// A record, as RECORD or SOURCE:RECORD
    #[arg(requires = "right")]
    pub(crate) left: Option<String>,
    /// The other record
    pub(crate) right: Option<String>,
    /// Also print the values that were compared; they identify people
    #[arg(long, requires = "right")]
    pub(crate) show_values: bool,
    /// Print one JSON document instead of text; holds values only with --show-values
    #[arg(long, requires = "right")]
    pub(crate) json: bool,
}

const SCORE_EXAMPLES: &str = "\
Example:
  plait score linked --truth truth.csv";

/// Measure the persons of a finished run against known ones
#[derive(Debug, Args)]
#[command(after_help = SCORE_EXAMPLES)]
pub(crate) struct Score {
    /// Folder of the run
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// Table with columns source, record, entity
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) truth: PathBuf,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  plait compare baseline linked                                  what a model adds to published rules
  plait compare last_term linked --out changes                   every pair that differs, as a list
  plait compare baseline linked --truth truth.csv                and which of the two is right

Writes to the folder of --out: differences.parquet and differences.xlsx (every pair of records in one person in one
run alone, with what each run says of it) and compare.json.";

/// Say in which pairs of records two runs on the same files differ, and why
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub(crate) struct Compare {
    /// Folder of a run
    #[arg(value_name = "RUN_A", value_hint = ValueHint::DirPath)]
    pub(crate) a: PathBuf,
    /// Folder of another run on the same files
    #[arg(value_name = "RUN_B", value_hint = ValueHint::DirPath)]
    pub(crate) b: PathBuf,
    /// Say which run is right, by a table with columns source, record, entity
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) truth: Option<PathBuf>,
    /// Folder to write the differing pairs to
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

const MODEL_EXAMPLES: &str = "\
Examples:
  plait model new a.csv b.csv --out model.toml       a model for these files, to read and change
  plait model check model.toml a.csv b.csv           every mistake in it at once
  plait model explain model.toml                     what it does, in words
  plait model diff before.toml after.toml            what changed
  plait model import settings.json --out model.toml  from Splink
  plait model export model.toml --out settings.json  to Splink";

/// Make, check, explain and compare models; bring them from and to Splink
#[derive(Debug, Args)]
#[command(after_help = MODEL_EXAMPLES)]
pub(crate) struct Model {
    #[command(subcommand)]
    pub(crate) action: ModelAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelAction {
    /// Choose a model for files, train it and write it
    #[command(after_help = "Example:\n  plait model new a.csv b.csv --out model.toml")]
    New {
        /// Files, each as PATH or NAME=PATH
        #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = source())]
        sources: Vec<SourceSpec>,
        /// Model file to write
        #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: PathBuf,
        /// Take names to be spellings or short forms of each other: a table with columns name and variant
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        names: Option<PathBuf>,
        /// Say what a column means; may be given several times
        #[arg(long = "role", value_name = "HEADER=ROLE", value_parser = role)]
        roles: Vec<(String, Role)>,
        /// Of everything random
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole_number)]
        seed: u64,
    },
    /// Say everything that is wrong with a model, alone or for these files
    #[command(
        after_help = "Examples:\n  plait model check model.toml\n  plait model check model.toml a.csv b.csv"
    )]
    Check {
        /// The model
        #[arg(value_hint = ValueHint::FilePath)]
        model: PathBuf,
        /// Files it is to be used with
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = source())]
        sources: Vec<SourceSpec>,
        /// Say what a column means; may be given several times
        #[arg(long = "role", value_name = "HEADER=ROLE", value_parser = role)]
        roles: Vec<(String, Role)>,
    },
    /// Say in plain English what a model does
    #[command(after_help = "Example:\n  plait model explain linked/model.toml")]
    Explain {
        /// The model
        #[arg(value_hint = ValueHint::FilePath)]
        model: PathBuf,
    },
    /// Say what differs between two models
    #[command(after_help = "Example:\n  plait model diff before.toml after.toml")]
    Diff {
        /// The first model
        #[arg(value_hint = ValueHint::FilePath)]
        before: PathBuf,
        /// The second model
        #[arg(value_hint = ValueHint::FilePath)]
        after: PathBuf,
    },
    /// Bring a Splink 5 settings file over, with its m and u
    #[command(after_help = "Example:\n  plait model import settings.json --out model.toml")]
    Import {
        /// Splink settings (JSON)
        #[arg(value_hint = ValueHint::FilePath)]
        settings: PathBuf,
        /// Model file to write
        #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: PathBuf,
    },
    /// Write a model as Splink 5 settings
    ///
    /// Splink knows two classes of pairs, matches and all others. A model with more, as plait link and plait model new learn
    /// it, cannot be exported: write a model with two [[class]] tables, use it once with plait link --model, and export the
    /// model.toml of that run.
    #[command(after_help = "Example:\n  plait model export model.toml --out settings.json")]
    Export {
        /// The model
        #[arg(value_hint = ValueHint::FilePath)]
        model: PathBuf,
        /// Splink settings (JSON) to write
        #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: PathBuf,
    },
    /// Print the JSON Schema of model files, for editors
    #[command(after_help = "Example:\n  plait model schema > plait-model.schema.json")]
    Schema,
}

const SPECS_EXAMPLES: &str = "\
Examples:
  plait specs list                                    the returns, lists and extracts that are known
  plait specs show cin-census-2026                    tables, columns, codes and checks of one
  plait specs show school-census --table pupilonroll  one table of the newest year";

/// Show what is known of returns: tables, columns, code lists and checks, year by year
#[derive(Debug, Args)]
#[command(after_help = SPECS_EXAMPLES)]
pub(crate) struct Specs {
    #[command(subcommand)]
    pub(crate) action: SpecsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpecsAction {
    /// List every return and year
    #[command(after_help = "Example:\n  plait specs list")]
    List {
        /// Print one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Show one return: where its facts are from, its tables and columns, its checks
    #[command(
        after_help = "Examples:\n  plait specs show ssda903-2025\n  plait specs show ssd --table ssd_person --json"
    )]
    Show {
        /// Return and year, such as cin-census-2026; without the year, the newest
        #[arg(value_name = "ID")]
        id: String,
        /// Only this table
        #[arg(long, value_name = "NAME")]
        table: Option<String>,
        /// Print one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
}

const SYNTH_EXAMPLES: &str = "\
Examples:
  plait synth borough --children 20000 --out demo/borough
  plait synth people --children 500 --seed 7 --out small --format csv";

/// Make up people with known truth, to try things on
///
/// Nobody in them exists. A borough has every file that a council and the health services around it hold, in
/// their own forms: school census, children in need, SSDA903, case management, SEN2, immunisation and GP lists,
/// CSDS, MHSDS, A&E, births and deaths; its README.md says what is what. People are two simple files that share
/// no key: school_census and social_care. Both come with truth tables.
#[derive(Debug, Args)]
#[command(after_help = SYNTH_EXAMPLES)]
pub(crate) struct Synth {
    /// What to make up
    #[arg(value_enum, default_value_t = Made::People)]
    pub(crate) what: Made,
    /// Children who live there, in a file or not
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    pub(crate) children: u32,
    /// Every seed is another borough; the same seed is the same one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole_number)]
    pub(crate) seed: u64,
    /// Folder to write to
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// Of people: format of social_care; the other files are CSV
    #[arg(long, value_enum, default_value_t = MadeFormat::Parquet)]
    pub(crate) format: MadeFormat,
    /// Of a borough: write SEN2 also as the XML that councils send
    #[arg(long)]
    pub(crate) sen2_xml: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Made {
    /// Everything that a council and its health services hold, in their own forms
    Borough,
    /// Two simple files that share no key
    People,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum MadeFormat {
    /// Comma-separated text
    Csv,
    /// Apache Parquet
    Parquet,
}

/// Print the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  plait completions bash > /etc/bash_completion.d/plait")]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Print the manual page of plait, or of one of its commands
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plait man | man -l -\n  plait man model import > plait-model-import.1")]
pub(crate) struct Man {
    /// A command, such as link or model import
    pub(crate) command: Vec<String>,
}

/// Print a page of the reference as Markdown
#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// Which page
    pub(crate) page: Page,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Page {
    Cli,
    Faults,
    /// All pages, each after a line of a form feed and its file name
    Dictionary,
}

/// [`LinkType`] as an option.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum LinkTypeName {
    /// Only pairs from different files
    LinkOnly,
    /// Only pairs within the one file
    DedupeOnly,
    /// All pairs
    LinkAndDedupe,
}

impl From<LinkTypeName> for LinkType {
    fn from(name: LinkTypeName) -> Self {
        match name {
            LinkTypeName::LinkOnly => Self::LinkOnly,
            LinkTypeName::DedupeOnly => Self::DedupeOnly,
            LinkTypeName::LinkAndDedupe => Self::LinkAndDedupe,
        }
    }
}

/// [`Method`] as an option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MethodName(pub(crate) Method);

impl ValueEnum for MethodName {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<MethodName>> = LazyLock::new(|| Method::all().map(MethodName).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.words()))
    }
}

/// A path need not be valid UTF-8; a name before it must be.
fn source() -> impl clap::builder::TypedValueParser<Value = SourceSpec> {
    OsStringValueParser::new().map(|text: OsString| match text.to_str() {
        Some(text) => SourceSpec::parse(text),
        None => SourceSpec::at(text),
    })
}

/// `census=school-census-2026`, or a return alone.
#[expect(clippy::unnecessary_wraps, reason = "clap takes parsers that may fail")]
fn named_return(text: &str) -> Result<(Option<String>, String), String> {
    Ok(match text.split_once('=') {
        Some((name, is)) => (Some(name.to_owned()), is.to_owned()),
        None => (None, text.to_owned()),
    })
}

/// `302`, or `cases=302`
fn named_authority(text: &str) -> Result<(Option<String>, LaCode), String> {
    let (name, number) = named_return(text)?;
    let code = LaCode::parse(&number);
    code.map(|code| (name, code))
        .ok_or_else(|| "write the three digits of the authority, for instance 302".to_owned())
}

/// `2026-03-31`
fn day(text: &str) -> Result<PartialDate, String> {
    PartialDate::from_iso(text.trim())
        .filter(|day| (1990..2100).contains(&day.year))
        .ok_or_else(|| "write it as a day, YYYY-MM-DD, for instance 2026-03-31".to_owned())
}

/// `0.9`; what it lies between is said by the façade, which names the option.
fn probability(text: &str) -> Result<f64, String> {
    const FORM: &str = "write it as a number between 0 and 1, for instance 0.9";
    let per_cent = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match (text.trim().parse::<f64>(), per_cent) {
        (Ok(number), _) if number.is_finite() => Ok(number),
        (_, Some(per_cent)) if (0.0..=100.0).contains(&per_cent) => {
            Err(format!("{FORM}; did you mean {}?", per_cent / 100.0))
        }
        _ => Err(FORM.to_owned()),
    }
}

/// `7`
fn whole_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write it as a whole number from 0, for instance 7".to_owned())
}

/// `4`
fn threads(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write it as a whole number from 1, for instance 4".to_owned())
}

fn role(text: &str) -> Result<(String, Role), String> {
    let (header, name) =
        text.rsplit_once('=').ok_or("write it as HEADER=ROLE, for instance REF_NO=identifier")?;
    let (header, name) = (header.trim(), name.trim());
    // as the program prints it, too: former postcode
    let role = Role::from_name(&name.replace(' ', "_")).ok_or_else(|| {
        match plait::nearest(name, Role::all().map(Role::name)) {
            Some(near) => format!("\"{name}\" is no role; did you mean {near}?"),
            None => format!("\"{name}\" is no role; plait look --help lists them"),
        }
    })?;
    Ok((header.to_owned(), role))
}

fn roles_help() -> String {
    let names: Vec<&str> = Role::all().map(Role::name).collect();
    format!("Roles:\n  {}", crate::print::wrapped(&names.join(", "), 98, 2))
}

/// `4G`, `1.5GB`, `800 MiB`, `1000000`: in units of 1024.
fn size(text: &str) -> Result<u64, String> {
    const SHIFT: [(char, u32); 4] = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let upper = text.trim().to_ascii_uppercase();
    let number = upper.strip_suffix('B').unwrap_or(&upper);
    let number = number.strip_suffix('I').unwrap_or(number);
    let with_unit = SHIFT.iter().find_map(|(letter, shift)| Some((number.strip_suffix(*letter)?, *shift)));
    let (digits, shift) = with_unit.unwrap_or((number, 0));
    match digits.trim().parse::<f64>() {
        Ok(n) if n > 0.0 && n.is_finite() => Ok((n * (1u64 << shift) as f64) as u64),
        _ => Err("write it as a number and K, M, G or T, for instance 4G".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_commands_are_put_together_rightly() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_role_is_known_by_its_name_as_it_is_printed_too() {
        for name in ["former_postcode", "former postcode"] {
            assert_eq!(role(&format!("Prev PC={name}")), Ok(("Prev PC".to_owned(), Role::FormerPostcode)));
        }
        assert!(
            role("Prev PC=former postcod").is_err_and(|said| said.contains("did you mean former_postcode?"))
        );
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(command.is_hide_set() || help.contains("Example"), "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }

    #[test]
    fn a_size_is_a_number_and_a_unit_of_1024() {
        assert_eq!(size("4G"), Ok(4 << 30));
        assert_eq!(size("1.5 GiB"), Ok(3 << 29));
        assert_eq!(size("800mb"), Ok(800 << 20));
        assert_eq!(size("1000"), Ok(1000));
        for wrong in ["", "G", "-1G", "4X", "4GG", "four", "inf"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_probability_is_a_number_and_per_cent_are_answered_with_one() {
        assert_eq!(probability("0.9"), Ok(0.9));
        assert!(probability("90%").is_err_and(|said| said.ends_with("did you mean 0.9?")));
        assert!(probability("high").is_err() && probability("NaN").is_err());
    }

    #[test]
    fn a_role_is_after_the_last_equals_sign_and_a_misspelt_one_is_recognised() {
        assert_eq!(role("a=b=surname"), Ok(("a=b".into(), Role::Surname)));
        assert_eq!(role("x=sirname"), Err("\"sirname\" is no role; did you mean surname?".into()));
        assert_eq!(role("Kid 1st nm = forename"), Ok(("Kid 1st nm".to_owned(), Role::Forename)));
        assert!(role("surname").is_err());
    }

    #[test]
    fn link_types_are_called_as_models_call_them() {
        for name in LinkTypeName::value_variants() {
            let shown = name.to_possible_value().expect("no variant is hidden");
            assert_eq!(shown.get_name(), LinkType::from(*name).name());
        }
    }
}
