//! Limits concurrent connections. When all slots are taken, the oldest connection that has not authenticated is
//! evicted.
//!
//! It never lets a connection without the key block a later one.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Notify;

/// Most concurrent connections.
const MOST: usize = 256;

/// The open connections, the oldest first.
#[derive(Default)]
pub struct ConnectionSlots {
    taken: RefCell<VecDeque<Rc<Slot>>>,
    left: Notify,
}

/// One connection's slot.
#[derive(Default)]
pub(crate) struct Slot {
    is_authenticated: Cell<bool>,
    evicted: Notify,
}

/// A slot, while it is held.
pub struct SlotGuard {
    slots: Rc<ConnectionSlots>,
    slot: Rc<Slot>,
}

impl ConnectionSlots {
    /// Acquires a slot for a connection. If all are taken, the oldest connection that has not authenticated loses its
    /// slot; if all have authenticated, this one waits.
    pub async fn acquire(self: &Rc<Self>) -> SlotGuard {
        while self.taken.borrow().len() >= MOST && !self.evict_oldest() {
            self.left.notified().await;
        }
        let slot = Rc::<Slot>::default();
        self.taken.borrow_mut().push_back(Rc::clone(&slot));
        SlotGuard {
            slots: Rc::clone(self),
            slot,
        }
    }

    fn evict_oldest(&self) -> bool {
        let mut taken = self.taken.borrow_mut();
        let oldest = taken.iter().position(|slot| !slot.is_authenticated.get());
        let slot = oldest.and_then(|index| taken.remove(index));
        if let Some(slot) = &slot {
            slot.evicted.notify_one();
        }
        slot.is_some()
    }
}

impl SlotGuard {
    /// Marks the connection as authenticated: it has shown the key.
    pub fn mark_authenticated(&self) {
        self.slot.is_authenticated.set(true);
    }

    /// Waits until another connection takes over the slot.
    pub async fn evicted(&self) {
        self.slot.evicted.notified().await;
    }
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.borrow_mut();
        taken.retain(|slot| !Rc::ptr_eq(slot, &self.slot));
        self.slots.left.notify_one();
    }
}
