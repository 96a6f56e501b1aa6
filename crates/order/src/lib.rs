//! Sorts lists, and keeps sorted maps and sets, with code that exists once in the binary, not once for each type of item.
//!
//! It must never depend on another crate: every crate may sort.
//!
//! `slice::sort` adds 4.4 KB to the binary for each type and closure (2.1 KB if unstable), and about forty lists are
//! sorted. A call of these functions adds 0.2 KB. It costs one more list of numbers, and a call through a pointer for
//! each comparison.

mod map;

use std::cmp::Ordering;

pub use map::{Map, Set};

/// Sorts the items by their own order. Equal items keep their order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Sorts the items. Equal items keep their order.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let compare_at = |one: usize, other: usize| compare(&items[one], &items[other]);
    let mut sources = sorted(items.len(), &compare_at);
    swap_all(&mut sources, &mut |one, other| items.swap(one, other));
}

/// For each position, the index of the item that belongs there.
fn sorted(length: usize, compare_at: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut sources: Vec<usize> = (0..length).collect();
    sources.sort_unstable_by(|one, other| compare_at(*one, *other).then(one.cmp(other)));
    sources
}

/// Moves each item to its position, one cycle of the permutation after the other.
fn swap_all(sources: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..sources.len() {
        let mut place = start;
        loop {
            let source = std::mem::replace(&mut sources[place], place);
            if source == start {
                break;
            }
            swap(place, source);
            place = source;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_as_the_standard_library_does() {
        // Numbers from a linear congruential generator.
        let mut state = 1_u32;
        for length in 0..200 {
            let mut items: Vec<(u32, u32)> = Vec::new();
            for nth in 0..length {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                items.push((state >> 27, nth));
            }
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by(&mut items, |one, other| one.0.cmp(&other.0));
            assert_eq!(items, expected, "equal items keep their order");
        }
    }

    #[test]
    fn sorts_by_the_order_of_the_items() {
        let mut names = ["b", "", "c", "a"].map(str::to_owned);
        sort(&mut names);
        assert_eq!(names, ["", "a", "b", "c"]);
    }
}
