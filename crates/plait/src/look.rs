//! What is in a file, before anything is linked.

use crate::faults::Faults;
use crate::run::RunDataset;
use crate::source::{SourceSpec, bytes_at, file_name, refuse_return_in_memory, refuse_unknown_roles};
use crate::traced::Traced;
use crate::{dataset, read};
use plait_engine::progress::{Progress, Stage};
use plait_formats::columns::{
    ColumnProfile, Profile, births_not_known, describe, displaced, evenings_before, guessed_orders, plan_all,
    read_day_numbers, repeated_ids, split_full_names, unread,
};
use plait_formats::read::{FileFormat, ReadOptions, Rows, read as read_table};
use plait_formats::returns::{IdentityKept, IdentitySink, Recognised};
use plait_formats::write::{OutTable, OutValues, to_rows};
use plait_types::{Fault, FaultCode, Issue, Role, Values, grouped};
use std::collections::BTreeSet;

/// What to look at.
#[derive(Clone, Debug)]
pub struct LookRequest {
    /// The file, the folder or archive of a return, or rows in memory.
    pub source: SourceSpec,
    /// The sheet of a workbook; the first with rows if `None`.
    pub sheet: Option<String>,
    /// Roles that replace the inferred ones: header, role.
    pub roles: Vec<(String, Role)>,
}

/// What was seen.
#[derive(Clone, Debug)]
pub struct Looked {
    /// For a person to read.
    pub text: String,
    /// For a program to read.
    pub json: serde_json::Value,
    /// A row per column: what it means, how complete and how valid it is.
    pub columns: Rows,
    /// Findings in the file.
    pub issues: Vec<Issue>,
}

/// Reads a file or a return and says what it holds: format, roles, completeness, validity, placeholders, five masked
/// rows; of a return also its tables and what its checks find. Of who the records are about the first 131,072 are looked at,
/// so that memory hardly grows.
pub fn look(request: &LookRequest, progress: &dyn Progress) -> Result<Looked, Faults> {
    let source = &request.source;
    refuse_return_in_memory(source)?;
    // who names a sheet, or gives rows, wants that table
    let is_table = request.sheet.is_some() || source.rows.is_some();
    match if is_table { None } else { dataset::recognise(source)? } {
        Some(recognised) => look_at_return(source, recognised, &request.roles, progress),
        None => look_at_table(request),
    }
}

fn look_at_return(
    source: &SourceSpec,
    recognised: Recognised,
    roles: &[(String, Role)],
    progress: &dyn Progress,
) -> Result<Looked, Faults> {
    progress.begin(Stage::Read, bytes_at(&source.path));
    let kept = IdentityKept::First(IdentitySink::RECORDS);
    let dataset = dataset::land(recognised, source, None, kept, progress)?;
    let (table, plans) = dataset.table(roles);
    let headers = dataset.headers();
    let known = headers.iter().map(String::as_str).chain(table.columns.iter().map(|c| c.name.as_str()));
    let mut seen = BTreeSet::new();
    let known: Vec<&str> = known.filter(|name| seen.insert(*name)).collect();
    let outside = dataset.outside();
    let has_outside = |header: &String| outside.contains(header).then(|| source.called());
    refuse_unknown_roles(roles, &known, has_outside, no_such_column)?;
    let profile = Profile::of(&table, &plans);
    let of_all = match dataset.landed.n_records {
        n if n > table.n_rows => {
            format!(": the first {} of {}", grouped(table.n_rows as u64), grouped(n as u64))
        }
        _ => String::new(),
    };
    let text = format!(
        "{}\nWho the records are about, as it goes into linkage{of_all}\n\n{}",
        read::describe(source, &dataset),
        describe(&profile)
    );
    let json = serde_json::json!({
        "file": source.path.display().to_string(),
        "format": dataset.words(),
        "rows_in": dataset.gathered.total.rows_in,
        "rows_set_aside": dataset.rows_set_aside(),
        "rows": dataset.landed.n_records,
        "rows_looked_at": table.n_rows,
        "dataset": RunDataset::of(&dataset),
        "traced": dataset.traced.as_ref().map(Traced::json),
        "columns": columns_json(&profile),
        "issues": dataset.landed.issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    Ok(Looked { text, json, columns: columns_table(&profile), issues: dataset.landed.issues })
}

fn look_at_table(request: &LookRequest) -> Result<Looked, Faults> {
    let options = ReadOptions { sheet: request.sheet.clone(), ..ReadOptions::default() };
    let path = &request.source.path;
    let mut content = match &request.source.rows {
        Some(rows) => {
            rows.refuse_unusable(&request.source.called())?;
            rows.read(&request.source.called())?
        }
        None => read_table(path, &options)?,
    };
    if request.sheet.is_some() && !matches!(content.format, FileFormat::Xlsx { .. }) {
        let what = format!("{} has no sheets: it is {}", path.display(), content.format);
        return Err(Fault::new(FaultCode::BadOption, what, "leave --sheet out").into());
    }
    let file = file_name(path);
    let mut issues = content.issues;
    let known: Vec<&str> = content.table.columns.iter().map(|column| column.name.as_str()).collect();
    refuse_unknown_roles(&request.roles, &known, |_| None, no_such_column)?;
    split_full_names(&mut content.table, &request.roles);
    issues.extend(read_day_numbers(&mut content.table, &file, &request.roles));
    let (plans, faults) = plan_all(&content.table, &content.lines, &request.roles)?;
    issues.extend(guessed_orders(&file, &plans));
    issues.extend(unread(&content.table, &file, &plans));
    issues.extend(evenings_before(&content.table, &file, &plans));
    issues.extend(births_not_known(&file, &plans));
    issues.extend(displaced(&file, &plans));
    issues.extend(repeated_ids(&content.table, &file, &plans));
    issues.extend(faults.iter().map(|fault| dataset::as_issue(fault, &file)));
    let profile = Profile::of(&content.table, &plans);
    let mut text = format!("{}: {}\n", path.display(), content.format);
    if let FileFormat::Xlsx { other_sheets, .. } = &content.format
        && !other_sheets.is_empty()
    {
        text += &format!("other sheets: {} (choose one with --sheet)\n", other_sheets.join(", "));
    }
    text += &describe(&profile);
    let json = serde_json::json!({
        "file": path.display().to_string(),
        "format": content.format.to_string(),
        "rows_in": content.rows_in,
        "rows": content.table.n_rows,
        "columns": columns_json(&profile),
        "issues": issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    Ok(Looked { text, json, columns: columns_table(&profile), issues })
}

/// What is said of a header that the file does not have.
fn no_such_column(header: &str) -> String {
    format!("the file has no column \"{header}\"")
}

/// A row per column. Shares of no value are missing.
fn columns_table(profile: &Profile) -> Rows {
    let columns = &profile.columns;
    let text = |of: &dyn Fn(&ColumnProfile) -> String| -> OutValues<'static> {
        let mut values = Values::default();
        columns.iter().for_each(|column| values.push(&of(column)));
        values.into()
    };
    let share = |part: u64, whole: u64| if whole > 0 { part as f64 / whole as f64 } else { f64::NAN };
    let filled = columns.iter().map(|column| share(column.filled, profile.n_rows));
    let valid =
        columns.iter().map(|column| column.validity.map_or(f64::NAN, |of| share(of.valid, of.checked)));
    let distinct = columns.iter().map(|column| i64::try_from(column.distinct).unwrap_or(i64::MAX));
    let table = OutTable::new()
        .with("column", text(&|column| column.header.as_ref().unwrap_or(&column.name).clone()))
        .with("role", text(&|column| column.role.name().to_owned()))
        .with("filled", filled.collect::<Vec<f64>>())
        .with("valid", valid.collect::<Vec<f64>>())
        .with("distinct", distinct.collect::<Vec<i64>>())
        .with("dates", text(&ColumnProfile::dates))
        .with("to_know", text(&|column| column.remarks().collect::<Vec<_>>().join("; ")))
        .with("why", text(&|column| column.why.clone()));
    to_rows(&table)
}

fn columns_json(profile: &Profile) -> Vec<serde_json::Value> {
    profile
        .columns
        .iter()
        .map(|column| {
            serde_json::json!({
                "name": column.name,
                "header": column.header.as_ref().unwrap_or(&column.name),
                "role": column.role.name(),
                "why": column.why,
                "filled": column.filled,
                "distinct": column.distinct,
                "valid": column.validity.map(|v| v.valid),
                "checked": column.validity.map(|v| v.checked),
                "date_order": column.layout(),
                "placeholders": column.placeholders.iter().map(|p| (p.what, p.rows)).collect::<Vec<_>>(),
                "oddities": column.oddities,
                "notes": column.notes,
            })
        })
        .collect()
}
