//! What every service uses: the directory, the clock, and the handle through which a test accesses a service.
//!
//! It knows no service.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::directory::Directory;
use crate::service::{Service, SharedService};

/// The directory that all services share, and their clock.
pub(crate) struct SharedState {
    directory: Mutex<Directory>,
    pub(crate) clock: Clock,
}

impl SharedState {
    pub(crate) fn new(directory: Directory) -> Self {
        Self {
            directory: Mutex::new(directory),
            clock: Clock::default(),
        }
    }

    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        lock(&self.directory)
    }
}

/// Locks a state even if a test failed while it held the lock: services continue to answer.
pub(crate) fn lock<S>(state: &Mutex<S>) -> MutexGuard<'_, S> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running service with its own state. The methods in the services' files set it up.
pub struct EmulatedService<S> {
    service: SharedService,
    own: Arc<Mutex<S>>,
    shared: Arc<SharedState>,
}

impl<S> EmulatedService<S> {
    pub(crate) fn new(
        service: SharedService,
        own: &Arc<Mutex<S>>,
        shared: &Arc<SharedState>,
    ) -> Self {
        Self {
            service,
            own: Arc::clone(own),
            shared: Arc::clone(shared),
        }
    }

    /// The service's own state. If the directory is needed as well, lock it afterwards.
    pub(crate) fn own(&self) -> MutexGuard<'_, S> {
        lock(&self.own)
    }

    /// The same state for another service, which keeps it.
    pub(crate) fn shared(&self) -> Arc<Mutex<S>> {
        Arc::clone(&self.own)
    }

    /// The state that it shares with the others.
    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.shared.directory()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }
}

impl<S> Deref for EmulatedService<S> {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl<S> fmt::Debug for EmulatedService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.service.fmt(formatter)
    }
}
