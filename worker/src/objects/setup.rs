//! Calling a store about its price book, its keys' use and its standing.

use std::collections::BTreeMap;

use causeway_shared::id::StoreId;
use causeway_shared::time::UnixTime;

use super::{Objects, refusal};
use crate::actor::Actor;
use crate::error::AppError;
use crate::object::store::model::Price;
use crate::object::store::prices::{Book, BookCounts};
use crate::object::store::reminders::Reminded;
use crate::object::store::standing::{Standing, StandingCall};
use crate::object::store::stock::{StockAnswer, StockCall};
use crate::object::store::uses::UseCall;
use crate::object::store::{StoreAnswer, StoreCall};

impl Objects {
    /// Reads or changes the price book.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Conflict`] when the book is full.
    pub async fn prices(&self, store: &StoreId, call: StoreCall) -> Result<Vec<Price>, AppError> {
        match self.store(store, &call).await? {
            StoreAnswer::Prices { prices } => Ok(prices),
            other => Err(refusal(other)),
        }
    }

    /// Takes pieces out of the stock, or says what became of them.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn stock(&self, store: &StoreId, call: StockCall) -> Result<StockAnswer, AppError> {
        match self.store(store, &StoreCall::Stock(call)).await? {
            StoreAnswer::Stock(answer) => Ok(answer),
            other => Err(refusal(other)),
        }
    }

    /// Sets many prices at once, and says how many changed.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when the book would become too large.
    pub async fn put_book(
        &self,
        store: &StoreId,
        actor: &Actor,
        book: Book,
    ) -> Result<BookCounts, AppError> {
        let actor = actor.clone();
        match self
            .store(store, &StoreCall::PutBook { actor, book })
            .await?
        {
            StoreAnswer::Book(counts) => Ok(counts),
            other => Err(refusal(other)),
        }
    }

    /// How a store stands, after a check of an account where there was one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn standing(
        &self,
        store: &StoreId,
        call: StandingCall,
    ) -> Result<Standing, AppError> {
        match self.store(store, &StoreCall::Standing(call)).await? {
            StoreAnswer::Standing(standing) => Ok(*standing),
            other => Err(refusal(other)),
        }
    }

    /// Notes what became of a reminder.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn reminded(&self, store: &StoreId, reminded: Reminded) -> Result<(), AppError> {
        match self.store(store, &StoreCall::Reminded(reminded)).await? {
            StoreAnswer::Done => Ok(()),
            other => Err(refusal(other)),
        }
    }

    /// On which days API keys were last used, by id.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn uses(
        &self,
        store: &StoreId,
        call: UseCall,
    ) -> Result<BTreeMap<String, UnixTime>, AppError> {
        match self.store(store, &StoreCall::Uses(call)).await? {
            StoreAnswer::Uses(uses) => Ok(uses),
            other => Err(refusal(other)),
        }
    }
}
