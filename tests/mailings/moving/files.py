"""Lists as services export them, with invented people."""

MAILCHIMP = (
    "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,TIMEZONE,LAST_CHANGED,LEID,"
    "EUID,NOTES,TAGS\n"
    'ada@example.com,Ada,4,"2019-03-04 10:00:00",,"2019-03-05 11:00:00",,,,1,a,,\n'
)
MAILCHIMP_LEFT = (
    "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,"
    "UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS\n"
    "bob@example.com,Bob,2,2018-01-01 00:00:00,,2020-05-06 07:08:09,,,NORMAL,,2,b,,\n"
    "carl@example.com,Carl,2,2018-01-01 00:00:00,,2020-05-06 07:08:09,,,ABUSE,,3,c,,\n"
)
MAILCHIMP_CLEANED = (
    "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID\n"
    "dora@example.com,1,2018-01-01 00:00:00,,2021-05-06 07:08:09,,,4,d\n"
)
SUBSTACK = (
    "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
    "ada@example.com,false,,other,false,2021-02-03T04:05:06.000Z,\n"
    "bob@example.com,true,2027-01-01,yearly,true,2021-02-03T04:05:06.000Z,\n"
)
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n"
    "1,ada@example.com,Ada,,true,false,,2022-01-02T03:04:05.000Z,,,\n"
    "2,bob@example.com,Bob,,false,false,,2022-01-02T03:04:05.000Z,,,\n"
    "3,carl@example.com,Carl,,true,false,,2022-01-02T03:04:05.000Z,2023-01-01T00:00:00.000Z,,\n"
)
LISTMONK = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    '1,ada@example.com,Ada,"{""a"": 1}",enabled,2022-01-02 03:04:05+00:00,2022-01-02 03:04:05+00:00\n'
    "2,bob@example.com,Bob,{},blocklisted,2022-01-02 03:04:05+00:00,2022-01-02 03:04:05+00:00\n"
    "3,carl@example.com,Carl,{},disabled,2022-01-02 03:04:05+00:00,2022-01-02 03:04:05+00:00\n"
)
BUTTONDOWN = (
    "email,notes,metadata,tags,creation_date,subscriber_type,source,unsubscription_date\n"
    "ada@example.com,,{},,2023-01-02T03:04:05Z,regular,embedded_form,\n"
    "bob@example.com,,{},,2023-01-02T03:04:05Z,unactivated,organic,\n"
    "carl@example.com,,{},,2023-01-02T03:04:05Z,unsubscribed,organic,2024-01-02T03:04:05Z\n"
    "dora@example.com,,{},,2023-01-02T03:04:05Z,undeliverable,organic,\n"
    "eve@example.com,,{},,2023-01-02T03:04:05Z,complained,organic,\n"
    "fay@example.com,,{},,2023-01-02T03:04:05Z,someday,organic,\n"
)
SENDGRID = "EMAIL,FIRST_NAME,ALTERNATE_EMAILS,CREATED_AT,CONTACT_ID\nada@example.com,Ada,,2020-01-01T00:00:00Z,1\n"
SENDGRID_BOUNCES = "status,reason,email,created\n5.1.1,550 5.1.1 No such user,ada@example.com,1577836800\n"
SENDGRID_SPAM = "email,created,ip\nada@example.com,1577836800,192.0.2.1\n"
SENDGRID_LEFT = "email,created\nada@example.com,1577836800\n"
