//! The objects beside tables on one side of a draft, as a graph: which need which, and what of the tables they need. It is pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::schema::{Address, Schema, SchemaObject};

/// One side's objects, and what needs them.
pub(super) struct ObjectGraph<'a> {
    pub schema: &'a Schema,
    pub places: HashMap<Address, usize>,
    /// The objects that need an address.
    pub users: HashMap<Address, Vec<usize>>,
    /// Each object behind those that it needs.
    pub order: Vec<usize>,
    /// What each needs of the tables' parts, directly or not, and what it only names.
    needs: Vec<Needs>,
}

/// What one object needs.
#[derive(Default)]
struct Needs {
    /// The objects, and those that its text only names.
    objects: Vec<usize>,
    named: Vec<usize>,
    /// The parts of tables, directly or not.
    parts: BTreeSet<Address>,
}

impl<'a> ObjectGraph<'a> {
    pub(super) fn new(schema: &'a Schema) -> Self {
        let places: HashMap<Address, usize> =
            schema.objects.iter().enumerate().map(|(at, o)| (o.address(), at)).collect();
        let mut users: HashMap<Address, Vec<usize>> = HashMap::new();
        let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); schema.objects.len()];
        let mut add = |user: usize, on: &Address| {
            users.entry(on.clone()).or_default().push(user);
            if let Some(used) = places.get(on).filter(|used| **used != user) {
                needs[user].insert(*used);
            }
        };
        let dependencies = || {
            let pairs = schema.dependencies.iter();
            pairs.filter_map(|d| places.get(&d.of).map(|user| (*user, d)))
        };
        dependencies().filter(|(_, d)| !d.is_soft).for_each(|(user, d)| add(user, &d.on));
        for (at, object) in schema.objects.iter().enumerate() {
            object.belongs_to.iter().for_each(|owner| add(at, owner));
        }
        // What a text only names never comes before what needs that text.
        for (user, dependency) in dependencies().filter(|(_, d)| d.is_soft) {
            if let Some(used) = places.get(&dependency.on)
                && !is_needed(user, *used, &needs)
            {
                needs[user].insert(*used);
            }
        }
        // Who may do what with new objects is said when they are there.
        let mut order = in_order(&needs);
        order.sort_by_key(|at| schema.objects[*at].is_access && !schema.objects[*at].is_property);
        let needs = all_needs(schema, &places, &order);
        Self { schema, places, users, order, needs }
    }

    pub(super) fn object(&self, at: usize) -> &'a SchemaObject {
        &self.schema.objects[at]
    }

    /// The objects that need something, directly or not. `users` are those that are known already.
    pub(super) fn add_users(&self, of: &Address, users: &mut HashSet<usize>) {
        let mut open = vec![of.clone()];
        while let Some(address) = open.pop() {
            for user in self.users.get(&address).into_iter().flatten() {
                if users.insert(*user) {
                    open.push(self.object(*user).address());
                }
            }
        }
    }

    /// Whether a column has a type.
    pub(super) fn is_in_rows(&self, ty: &Address) -> bool {
        let mut dependencies = self.schema.dependencies.iter();
        dependencies.any(|d| d.on == *ty && matches!(d.of, Address::Column(..)))
    }

    /// What a table's parts need of the objects, by the parts.
    pub(super) fn needed_by_tables(&self) -> impl Iterator<Item = (&'a Address, usize)> + '_ {
        let dependencies = self.schema.dependencies.iter();
        dependencies.filter(|d| !matches!(d.of, Address::Object(..))).filter_map(|dependency| {
            self.places.get(&dependency.on).map(|object| (&dependency.of, *object))
        })
    }

    /// Each object, and all that it needs. What is only named comes along unless it needs a part of a table that is not `there`: the
    /// very table may call it.
    pub(super) fn with_needs(
        &self,
        mut at: Vec<usize>,
        there: &dyn Fn(&Address) -> bool,
        ends: &mut impl FnMut(usize) -> bool,
    ) {
        while let Some(object) = at.pop() {
            if !ends(object) {
                continue;
            }
            let needs = &self.needs[object];
            at.extend(&needs.objects);
            at.extend(needs.named.iter().filter(|on| self.needs[**on].parts.iter().all(there)));
        }
    }
}

/// What each object needs. `order` has what is needed before its users.
fn all_needs(schema: &Schema, places: &HashMap<Address, usize>, order: &[usize]) -> Vec<Needs> {
    let mut all: Vec<Needs> = Vec::new();
    all.resize_with(schema.objects.len(), Needs::default);
    for dependency in &schema.dependencies {
        let Some(needs) = places.get(&dependency.of).and_then(|at| all.get_mut(*at)) else {
            continue;
        };
        match places.get(&dependency.on) {
            Some(on) if places.get(&dependency.of) == Some(on) => {}
            Some(on) if dependency.is_soft => needs.named.push(*on),
            Some(on) => needs.objects.push(*on),
            None if dependency.is_soft => {}
            None => drop(needs.parts.insert(dependency.on.clone())),
        }
    }
    for at in order {
        let parts: Vec<Address> =
            all[*at].objects.iter().flat_map(|on| &all[*on].parts).cloned().collect();
        all[*at].parts.extend(parts);
    }
    all
}

/// Whether an object is another, or is needed by it.
fn is_needed(object: usize, by: usize, needs: &[BTreeSet<usize>]) -> bool {
    let (mut open, mut seen) = (vec![by], HashSet::new());
    while let Some(at) = open.pop() {
        if at == object {
            return true;
        }
        if seen.insert(at) {
            open.extend(&needs[at]);
        }
    }
    false
}

/// Places in an order in which each is behind what it needs. What closes a circle stays where it was.
fn in_order(needs: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(needs.len());
    let mut seen = vec![false; needs.len()];
    for start in 0..needs.len() {
        let mut open = vec![(start, false)];
        while let Some((at, is_done)) = open.pop() {
            if is_done {
                order.push(at);
            } else if !seen[at] {
                seen[at] = true;
                open.push((at, true));
                open.extend(needs[at].iter().rev().filter(|n| !seen[**n]).map(|n| (*n, false)));
            }
        }
    }
    order
}
