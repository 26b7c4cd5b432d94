//! The same work for many things at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What `work` makes of each item, in the order of the items; at most `jobs` at once.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let workers = jobs.min(items.len());
    if workers <= 1 {
        return items.iter().map(work).collect();
    }
    let queue = Queue::new(items);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| queue.work(&work));
        }
    });
    queue.results()
}

/// [`map`], where one of the workers does `first` before it joins in. If that fails, the items do not matter.
pub(crate) fn map_beside<A, E, T: Sync, R: Send>(
    first: impl FnOnce() -> Result<A, E>,
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Result<(A, Vec<R>), E> {
    let queue = Queue::new(items);
    let first = thread::scope(|scope| {
        for _ in 1..jobs.min(items.len() + 1) {
            scope.spawn(|| queue.work(&work));
        }
        let done = first();
        match done {
            Ok(_) => queue.work(&work),
            Err(_) => queue.close(),
        }
        done
    })?;
    Ok((first, queue.results()))
}

/// Items that are waiting, and what became of the others.
struct Queue<'a, T, R> {
    items: &'a [T],
    next: AtomicUsize,
    done: Mutex<Vec<(usize, R)>>,
}

impl<'a, T, R> Queue<'a, T, R> {
    fn new(items: &'a [T]) -> Self {
        Self {
            items,
            next: AtomicUsize::new(0),
            done: Mutex::new(Vec::with_capacity(items.len())),
        }
    }

    /// Takes items until there are none.
    fn work(&self, work: impl Fn(&T) -> R) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = self.items.get(index) else {
                return;
            };
            let result = work(item);
            // Nothing that holds it can panic.
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((index, result));
        }
    }

    /// Lets nobody take another item.
    fn close(&self) {
        self.next.store(self.items.len(), Ordering::Relaxed);
    }

    /// In the order of the items.
    fn results(self) -> Vec<R> {
        let mut done = self
            .done
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
        for jobs in [0, 1, 3, 2000] {
            assert_eq!(super::map(&items, jobs, |item| item * 2), doubled);
            let both = super::map_beside(|| Ok::<_, ()>("first"), &items, jobs, |item| item * 2);
            assert_eq!(both, Ok(("first", doubled.clone())));
        }
    }

    #[test]
    fn what_fails_first_ends_the_rest() {
        for jobs in [0, 1, 3] {
            let items: Vec<usize> = (0..100).collect();
            let failed = super::map_beside(|| Err::<(), _>("no"), &items, jobs, |item| item * 2);
            assert_eq!(failed, Err("no"));
        }
    }
}
