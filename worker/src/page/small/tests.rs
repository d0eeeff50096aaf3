//! The small pages: they escape, they work without scripts, and they speak both languages.

use super::*;

fn assets() -> PageAssets {
    PageAssets {
        css: "/assets/pages.aa.css".to_owned(),
        leave_js: "/assets/leave.bb.js".to_owned(),
    }
}

fn leave(way: Way) -> LeaveView {
    LeaveView {
        locale: Locale::ZhCn,
        method: "alipay".to_owned(),
        total: Price {
            amount: "12.00".to_owned(),
            currency: "CNY".to_owned(),
        },
        action: r#"https://gateway.example/do?a=1&b="><script>"#.to_owned(),
        way,
        assets: assets(),
    }
}

#[test]
fn leaving_posts_the_fields_in_order_and_escaped() {
    let fields = [
        ("biz_content", r#"{"subject":"\"><b>"}"#),
        ("sign", "a+b/c=="),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let html = render_leave_form(&leave(Way::Post(fields.to_vec()))).unwrap();
    assert!(html.contains(r#"method="post" action="https://gateway.example/do?a=1&#38;b=&#34;"#));
    assert!(html.find("biz_content").unwrap() < html.find(r#"name="sign""#).unwrap());
    assert!(html.contains("&#34;subject&#34;") && !html.contains("<b>"));
    assert!(
        html.contains(r#"value="a+b/c==""#),
        "a signature stays as it is"
    );
    assert!(html.contains(r#"<button class="button" type="submit">前往支付宝</button>"#));
    assert!(html.contains("¥12.00"));
    assert_eq!(html.matches("<script").count(), 1);
}

#[test]
fn leaving_by_link_has_no_form() {
    let html = render_leave_form(&leave(Way::Link)).unwrap();
    assert!(!html.contains("<form") && html.contains(r#"<a id="leave" class="button" href="#));
}

#[test]
fn the_issuer_has_a_frame_with_a_name() {
    let view = ChallengeView {
        locale: Locale::En,
        url: r#"https://issuer.example/3ds?a="onload="x"#.to_owned(),
        assets: assets(),
    };
    let html = render_challenge(&view).unwrap();
    assert!(html.contains(r#"src="https://issuer.example/3ds?a=&#34;onload=&#34;x""#));
    assert!(html.contains(r#"title="Your bank&#39;s page""#));
    assert!(!html.contains("<script"));
}

#[test]
fn the_way_back_names_the_store_only_where_there_is_one_to_go_to() {
    let mut view = ReturnedView {
        locale: Locale::En,
        store_name: "<i>Tea & Co</i>".to_owned(),
        back_url: Some("https://shop.example/thanks?a=1&b=2".to_owned()),
        assets: assets(),
    };
    let html = render_returned(&view).unwrap();
    assert!(html.contains("Back to &#60;i&#62;Tea &#38; Co"));
    assert!(html.contains("One moment"));
    view.back_url = None;
    assert!(!render_returned(&view).unwrap().contains("<a "));
}

#[test]
fn every_problem_has_words_in_every_language() {
    use Problem::*;
    for problem in [
        AttemptOver,
        LinkInvalid,
        NoOrder,
        OrderUnknown,
        OtherBrowser,
        TooMany,
        Unavailable,
    ] {
        for locale in Locale::ALL {
            let html = render_problem(problem, *locale, &assets()).unwrap();
            assert!(!html.contains("problem."), "{problem:?}");
            assert!(!html.contains("<script"));
        }
    }
}
