//! The places for connections: so many and no more, whoever they are.
//!
//! It never lets one that has shown no key keep out one that comes later.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Notify;

/// So many connections at once.
const MOST: usize = 256;

/// The connections that are open, the oldest first.
#[derive(Default)]
pub(crate) struct Places {
    taken: RefCell<VecDeque<Rc<Place>>>,
    left: Notify,
}

/// One connection's place.
#[derive(Default)]
pub(crate) struct Place {
    is_known: Cell<bool>,
    gone: Notify,
}

/// A place for as long as it is held.
pub(crate) struct Taken {
    places: Rc<Places>,
    place: Rc<Place>,
}

impl Places {
    /// Takes a place for a connection. Where all are taken, the oldest connection that has shown no key
    /// loses its own; one that has a key waits, where all have.
    pub(crate) async fn take(self: &Rc<Self>) -> Taken {
        while self.taken.borrow().len() >= MOST && !self.make_room() {
            self.left.notified().await;
        }
        let place = Rc::<Place>::default();
        self.taken.borrow_mut().push_back(Rc::clone(&place));
        Taken {
            places: Rc::clone(self),
            place,
        }
    }

    fn make_room(&self) -> bool {
        let mut taken = self.taken.borrow_mut();
        let oldest = taken.iter().position(|place| !place.is_known.get());
        let place = oldest.and_then(|index| taken.remove(index));
        if let Some(place) = &place {
            place.gone.notify_one();
        }
        place.is_some()
    }
}

impl Taken {
    /// The connection has shown a key.
    pub(crate) fn is_known(&self) {
        self.place.is_known.set(true);
    }

    /// Waits until another connection needs the place.
    pub(crate) async fn lost(&self) {
        self.place.gone.notified().await;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut taken = self.places.taken.borrow_mut();
        taken.retain(|place| !Rc::ptr_eq(place, &self.place));
        self.places.left.notify_one();
    }
}
