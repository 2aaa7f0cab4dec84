//! What a return says that its persons are like: SEN, free school meals, in need, looked after. It is payload, of which no
//! more is kept for linkage than is needed to say for whom linkage works: one column for each characteristic.

use super::Spec;
use super::batch::Batch;
use super::dates::{DateOrders, DateReader};
use super::identity::Firsts;
use super::spec::Rows;
use crate::columns::characteristic;
use plait_types::{Column, DateOrder, NULL, PartialDate, Role};
use std::collections::BTreeMap;

/// The value of a flag that is set.
const YES: &str = "yes";
/// The value of a flag that is not set.
const NO: &str = "no";

/// Returns of which every person is such a one.
const OF_ALL: &[(&str, Role)] = &[("cin-census", Role::ChildInNeed), ("ssda903", Role::LookedAfter)];

/// A table whose rows say since when and until when a person is such a one.
struct Period {
    of: &'static str,
    table: &'static str,
    role: Role,
    from: Option<&'static str>,
    to: Option<&'static str>,
    /// A column and words that its value must hold; any value where there are none.
    says: Option<(&'static str, &'static str)>,
}

impl Period {
    const fn new(of: &'static str, table: &'static str, role: Role, dates: [&'static str; 2]) -> Self {
        Self { of, table, role, from: Some(dates[0]), to: Some(dates[1]), says: None }
    }

    /// Of a list in which a person stands while they are such a one.
    const fn list(of: &'static str, table: &'static str, role: Role) -> Self {
        Self { of, table, role, from: None, to: None, says: None }
    }

    const fn saying(self, column: &'static str, words: &'static str) -> Self {
        Self { says: Some((column, words)), ..self }
    }
}

#[rustfmt::skip]
const PERIODS: &[Period] = &[
    Period::new("school-census", "fsmperiod", Role::FreeSchoolMeals, ["fsmstartdate", "fsmenddate"]),
    Period::new("school-census", "fsmperiodsonroll", Role::FreeSchoolMeals, ["fsmstartdate", "fsmenddate"]),
    Period::new("cin-census", "child_protection_plans", Role::ProtectionPlan, ["CPPstartDate", "CPPendDate"]),
    Period::new("ssd", "ssd_cin_episodes", Role::ChildInNeed, ["cine_referral_date", "cine_close_date"]),
    Period::new("ssd", "ssd_cp_plans", Role::ProtectionPlan, ["cppl_cp_plan_start_date", "cppl_cp_plan_end_date"]),
    Period::new(
        "ssd", "ssd_cla_episodes", Role::LookedAfter,
        ["clae_cla_episode_start_date", "clae_cla_episode_ceased_date"],
    ),
    Period::new(
        "ssd", "ssd_immigration_status", Role::Unaccompanied,
        ["immi_immigration_status_start_date", "immi_immigration_status_end_date"],
    )
    .saying("immi_immigration_status", "unaccompanied"),
    Period::new("csc-api", "child_protection_plans", Role::ProtectionPlan, ["start_date", "end_date"]),
    Period::new("csc-api", "child_looked_after_placements", Role::LookedAfter, ["start_date", "end_date"]),
    Period::list("ssda903", "uasc", Role::Unaccompanied),
    Period::list("annex-a", "list_6", Role::ChildInNeed),
    Period::list("annex-a", "list_7", Role::ProtectionPlan),
    Period::list("annex-a", "list_8", Role::LookedAfter),
];

/// Gathers what rows say that their persons are like.
pub(super) struct Characteristics {
    /// The day on which a period must hold; of what has not ended where the return says none.
    on: Option<PartialDate>,
    of_all: Option<Role>,
    /// Columns that say it.
    columns: BTreeMap<Role, (Firsts, (usize, usize))>,
    /// What rows of a period say of each record: a bit for each pair of orders in which its two dates may be written, since
    /// these are known when all rows are.
    periods: BTreeMap<usize, Vec<u8>>,
}

/// The orders in which a date may be written.
const ORDERS: [DateOrder; 2] = [DateOrder::DayMonthYear, DateOrder::MonthDayYear];

/// A characteristic of the records of a return: one value for each.
#[derive(Clone, Debug)]
pub struct Characteristic {
    /// What it is.
    pub role: Role,
    /// Values as the return has them; `yes` and `no` of flags. Named as the role is.
    pub column: Column,
    /// The header, or the table, that it comes from; the role's name where all persons of the return are such ones.
    pub header: String,
}

/// The year from which an end stands for none.
const NO_END: u16 = 2099;

impl Characteristics {
    pub(super) fn new(spec: &Spec, on: Option<PartialDate>) -> Self {
        Self {
            on,
            of_all: OF_ALL.iter().find(|(of, _)| *of == spec.name).map(|(_, role)| *role),
            columns: BTreeMap::new(),
            periods: BTreeMap::new(),
        }
    }

    /// Takes what the rows of a batch say about their records; [`NULL`] stands for rows that are set aside.
    pub(super) fn take_in(&mut self, spec: &Spec, batch: &Batch, records: &[u32]) {
        let table = &spec.tables[batch.table];
        if table.rows == Rows::OfFile {
            return;
        }
        let known = batch.columns.iter().zip(&batch.rows.columns);
        for (at, column) in known.filter_map(|(at, column)| Some(((*at)?, column))) {
            let of_spec = &table.columns[at];
            let Some(role) = characteristic(&of_spec.name).filter(|_| !of_spec.is_identity()) else {
                continue;
            };
            if column.values.is_empty() {
                continue;
            }
            let (said, _) =
                self.columns.entry(role).or_insert_with(|| (Firsts::default(), (batch.table, at)));
            for (row, &record) in records.iter().enumerate().filter(|(_, record)| **record != NULL) {
                if let Some(text) = column.get(row).map(str::trim).filter(|text| !text.is_empty()) {
                    said.say(record, text);
                }
            }
        }
        for (at, period) in PERIODS.iter().enumerate() {
            if period.of == spec.name && period.table == table.name {
                self.take_periods(at, spec, batch, records);
            }
        }
    }

    fn take_periods(&mut self, at: usize, spec: &Spec, batch: &Batch, records: &[u32]) {
        let (period, table) = (&PERIODS[at], &spec.tables[batch.table]);
        let column = |name: &str| {
            let at = table.columns.iter().position(|column| column.name == name)?;
            let here = batch.columns.iter().position(|known| *known == Some(at))?;
            Some(&batch.rows.columns[here])
        };
        let says: Option<Vec<bool>> = period.says.map(|(name, words)| {
            let holds = |text: &str| !text.trim().is_empty() && text.to_lowercase().contains(words);
            each_value(column(name), batch.rows.n_rows, false, holds)
        });
        let date = |order: DateOrder, text: &str| {
            DateReader::new(spec.dates).in_order(order).read(text).map(|cell| cell.date)
        };
        let has_begun = ORDERS.map(|order| {
            each_value(period.from.and_then(column), batch.rows.n_rows, true, |text| {
                self.on.zip(date(order, text)).is_none_or(|(on, from)| from <= on)
            })
        });
        let has_not_ended = ORDERS.map(|order| {
            each_value(period.to.and_then(column), batch.rows.n_rows, true, |text| {
                // without a day to compare with, what has an end has ended; what is no date is no end, nor is one far away
                date(order, text).is_none_or(|to| to.year >= NO_END || self.on.is_some_and(|on| to >= on))
            })
        });
        let set = self.periods.entry(at).or_default();
        for (row, &record) in records.iter().enumerate().filter(|(_, record)| **record != NULL) {
            if says.as_ref().is_some_and(|says| !says[row]) {
                continue;
            }
            let mut bits = 0;
            for (from, begun) in has_begun.iter().enumerate() {
                for (to, not_ended) in has_not_ended.iter().enumerate() {
                    bits |= u8::from(begun[row] && not_ended[row]) << bit(from, to);
                }
            }
            let record = record as usize;
            if set.len() <= record {
                set.resize(record + 1, 0);
            }
            set[record] |= bits;
        }
    }

    /// By role, whether a period of each record holds, and the first table that says so.
    fn flags(&self, spec: &Spec, orders: &DateOrders) -> BTreeMap<Role, (Vec<bool>, String)> {
        let mut flags: BTreeMap<Role, (Vec<bool>, String)> = BTreeMap::new();
        for (&at, bits) in &self.periods {
            let period = &PERIODS[at];
            let order = |name: Option<&str>| -> Option<usize> {
                let table = spec.tables.iter().position(|table| table.name == period.table)?;
                let column =
                    spec.tables[table].columns.iter().position(|column| Some(&*column.name) == name)?;
                let shown = orders.reader((table, column), spec.dates).order()?;
                ORDERS.iter().position(|order| *order == shown)
            };
            let bit = bit(order(period.from).unwrap_or(0), order(period.to).unwrap_or(0));
            let (set, _) = flags.entry(period.role).or_insert_with(|| (Vec::new(), period.table.to_owned()));
            set.resize(set.len().max(bits.len()), false);
            for (set, bits) in set.iter_mut().zip(bits) {
                *set |= bits >> bit & 1 == 1;
            }
        }
        flags
    }

    /// What was said, in the order of the roles. Of a flag of which no row was there nothing is known.
    /// `called` gives the header of a column from its table and itself, as indices in the spec.
    pub(super) fn finish(
        self,
        spec: &Spec,
        orders: &DateOrders,
        called: impl Fn((usize, usize)) -> String,
        n_records: usize,
    ) -> Vec<Characteristic> {
        let mut all: BTreeMap<Role, Characteristic> = BTreeMap::new();
        if let Some(role) = self.of_all {
            let column = flags(role, &vec![true; n_records]);
            all.insert(role, Characteristic { role, column, header: role.name().to_owned() });
        }
        for (role, (mut set, header)) in self.flags(spec, orders) {
            set.resize(n_records, false);
            all.entry(role).or_insert_with(|| Characteristic { role, column: flags(role, &set), header });
        }
        for (role, (said, place)) in self.columns {
            if let Some(column) = said.into_column(role.name(), n_records) {
                all.entry(role).or_insert_with(|| Characteristic { role, column, header: called(place) });
            }
        }
        all.into_values().collect()
    }
}

/// Which bit stands for two [`ORDERS`], of the first and of the last date.
fn bit(from: usize, to: usize) -> usize {
    ORDERS.len() * from + to
}

/// Of each row what holds of its value; each distinct value is looked at once.
fn each_value(
    column: Option<&Column>,
    n_rows: usize,
    where_missing: bool,
    holds: impl Fn(&str) -> bool,
) -> Vec<bool> {
    let Some(column) = column else { return vec![where_missing; n_rows] };
    let of_value: Vec<bool> = column.values.iter().map(holds).collect();
    column
        .codes
        .iter()
        .map(|&code| if code == NULL { where_missing } else { of_value[code as usize] })
        .collect()
}

fn flags(role: Role, set: &[bool]) -> Column {
    Column::from_rows(role.name(), set.iter().map(|&set| Some(if set { YES } else { NO })))
}

#[cfg(test)]
mod tests;
