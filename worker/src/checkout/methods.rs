//! Which methods an order can be paid with: by order, store, account, channel, amount and device.

use causeway_shared::channel::{CaptureMode, Declaration, Flow, Lane, Method, MethodSpec, channel};
use causeway_shared::id::AccountId;
use serde::Serialize;

use crate::object::store::model::{AccountDoc, LaneName, StoreConfig};
use crate::object::till::call::{OrderRecord, allows};
use crate::page::Device;

/// A method that the shopper can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// What they choose.
    pub method: Method,
    /// Where the money goes.
    pub account: AccountId,
    /// How it reaches them on this device.
    pub flow: Flow,
    /// How card data travels.
    pub lane: Option<&'static str>,
}

/// The methods of an order, in the order of the store's accounts; one account for each.
#[must_use]
pub fn offers(config: &StoreConfig, record: &OrderRecord, device: Device) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for account in config
        .accounts
        .iter()
        .filter(|a| a.mode == record.details.mode && a.enabled && !a.retired)
    {
        let declaration = channel(account.channel).declaration();
        for spec in declaration.methods {
            if let Some(offer) = offer(config, record, device, account, declaration, spec)
                && !offers.iter().any(|o| o.method == offer.method)
            {
                offers.push(offer);
            }
        }
    }
    offers
}

fn offer(
    config: &StoreConfig,
    record: &OrderRecord,
    device: Device,
    account: &AccountDoc,
    declaration: &Declaration,
    spec: &MethodSpec,
) -> Option<Offer> {
    let wanted = account
        .methods
        .as_ref()
        .is_none_or(|m| m.contains(&spec.method));
    let captures = match record.order.capture() {
        CaptureMode::Automatic => true,
        CaptureMode::Manual => declaration.manual_capture,
    };
    let fits = wanted
        && captures
        && allows(&record.details, spec.method)
        && spec.accepts(record.order.total())
        && lane_is_stated(config, spec.lane);
    let openid = record.details.shopper.wechat_openid.is_some();
    let flow = flow(spec, account, device, openid).filter(|_| fits)?;
    Some(Offer {
        method: spec.method,
        account: account.id.clone(),
        flow,
        lane: spec.lane.map(lane_name),
    })
}

/// Card data reaches the worker only where the operator has stated what that asks of them.
fn lane_is_stated(config: &StoreConfig, lane: Option<Lane>) -> bool {
    match lane {
        None | Some(Lane::ChannelKey | Lane::Hosted) => true,
        Some(Lane::WorkerKey) => config
            .profile
            .as_ref()
            .and_then(|p| p.card_lane.as_ref())
            .is_some_and(|l| l.lane == LaneName::WorkerKey),
    }
}

fn lane_name(lane: Lane) -> &'static str {
    match lane {
        Lane::ChannelKey => "channel_key",
        Lane::Hosted => "hosted",
        Lane::WorkerKey => "worker_key",
    }
}

/// The best flow on a device, of those that the account may use.
///
/// A phone cannot scan its own screen. On a desktop a code keeps the shopper in the shop's page.
fn flow(spec: &MethodSpec, account: &AccountDoc, device: Device, openid: bool) -> Option<Flow> {
    let preferred: &[Flow] = match (device, openid) {
        (Device::Desktop, _) => &[
            Flow::Card,
            Flow::Qr,
            Flow::RedirectDesktop,
            Flow::RedirectPhone,
        ],
        (Device::Wechat, true) => &[
            Flow::Card,
            Flow::Bridge,
            Flow::RedirectPhone,
            Flow::Qr,
            Flow::RedirectDesktop,
        ],
        (Device::Phone | Device::Wechat, _) => &[
            Flow::Card,
            Flow::RedirectPhone,
            Flow::Qr,
            Flow::RedirectDesktop,
        ],
    };
    let may_use = |flow: &Flow| match &account.flows {
        Some(named) => named.contains(flow),
        None => !spec.on_request.contains(flow),
    };
    // Its page for phones is for other browsers than its own, and says so in there.
    let works = |flow: &Flow| {
        (spec.method, device, *flow) != (Method::WechatPay, Device::Wechat, Flow::RedirectPhone)
    };
    preferred
        .iter()
        .copied()
        .find(|f| spec.flows.contains(f) && may_use(f) && works(f))
}

#[cfg(test)]
mod tests {
    use causeway_shared::channel::ChannelId;
    use causeway_shared::id::{Mode, StoreId};
    use causeway_shared::time::UnixTime;

    use super::*;

    fn account(channel: ChannelId, flows: Option<&[Flow]>) -> AccountDoc {
        AccountDoc {
            id: AccountId::make(&StoreId::parse("tea").unwrap(), [1; 8]),
            channel,
            mode: Mode::Test,
            label: String::new(),
            enabled: true,
            methods: None,
            flows: flows.map(<[Flow]>::to_vec),
            fields: Vec::new(),
            sealed: String::new(),
            retired: false,
            created_at: UnixTime::from_seconds(0),
        }
    }

    fn chosen(id: ChannelId, flows: Option<&[Flow]>, device: Device, openid: bool) -> Option<Flow> {
        let spec = &channel(id).declaration().methods[0];
        flow(spec, &account(id, flows), device, openid)
    }

    #[test]
    fn alipay_shows_a_code_where_the_account_names_it() {
        use Flow::{Qr, RedirectDesktop, RedirectPhone};
        let both = &[RedirectDesktop, RedirectPhone, Qr][..];
        let cases = [
            (None, Some(RedirectDesktop), Some(RedirectPhone)),
            (Some(both), Some(Qr), Some(RedirectPhone)),
            (Some(&[Qr][..]), Some(Qr), Some(Qr)),
            (
                Some(&[RedirectPhone][..]),
                Some(RedirectPhone),
                Some(RedirectPhone),
            ),
            (Some(&[][..]), None, None),
        ];
        for (flows, desktop, phone) in cases {
            let on = |device| chosen(ChannelId::Alipay, flows, device, false);
            assert_eq!(on(Device::Desktop), desktop, "{flows:?}");
            assert_eq!(on(Device::Phone), phone, "{flows:?}");
        }
    }

    #[test]
    fn wechat_opens_no_page_for_other_browsers_within_itself() {
        let all = None;
        for (device, openid, wanted) in [
            (Device::Desktop, false, Flow::Qr),
            (Device::Phone, true, Flow::RedirectPhone),
            (Device::Wechat, true, Flow::Bridge),
            (Device::Wechat, false, Flow::Qr),
        ] {
            let flow = chosen(ChannelId::WechatPay, all, device, openid);
            assert_eq!(flow, Some(wanted), "{device:?} {openid}");
        }
        let page_alone = Some(&[Flow::RedirectPhone][..]);
        let within = chosen(ChannelId::WechatPay, page_alone, Device::Wechat, false);
        assert_eq!(within, None);
    }
}
