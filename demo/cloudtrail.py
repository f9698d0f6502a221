"""The day as CloudTrail saw it in the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demo import story
from demo.chance import Event, Maker
from demo.story import at

if TYPE_CHECKING:
    from datetime import datetime


class CloudTrail(Maker):
    """The cloud's view."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.records: list[Event] = []

    def call(
        self,
        moment: datetime,
        user: str,
        key: str,
        address: str,
        service: str,
        name: str,
        *,
        agent: str,
        **more: Any,
    ) -> None:
        """One API call."""
        identity = {
            "type": "IAMUser",
            "principalId": "AIDA" + f"{user}EXAMPLE".upper().replace(".", ""),
            "accountId": story.ACCOUNT,
            "arn": f"arn:aws:iam::{story.ACCOUNT}:user/{user}",
            "accessKeyId": key,
            "userName": user,
        }
        self.records.append(
            {
                "eventVersion": "1.09",
                "userIdentity": identity,
                "eventTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                "eventSource": f"{service}.amazonaws.com",
                "eventName": name,
                "awsRegion": "eu-central-1",
                "sourceIPAddress": address,
                "userAgent": agent,
                "requestParameters": None,
                "responseElements": None,
                "requestID": self.uuid(),
                "eventID": self.uuid(),
                "readOnly": not name.startswith(("Put", "Create")),
                "eventType": "AwsApiCall",
                "managementEvent": True,
                "recipientAccountId": story.ACCOUNT,
                "eventCategory": "Management",
                **more,
            }
        )

    def ordinary_day(self) -> None:
        calls = (
            ("s3", "ListBuckets"),
            ("ec2", "DescribeInstances"),
            ("s3", "GetObject"),
            ("sts", "GetCallerIdentity"),
            ("cloudwatch", "PutMetricData"),
            ("iam", "GetUser"),
        )
        users = (("deploy", "192.0.2.200"), ("backup", "192.0.2.201"), (story.CLOUD_USER, "192.0.2.202"))
        for _ in range(60):
            (user, address), (service, name) = self.random.choice(users), self.random.choice(calls)
            key = "AKIAI44QH8DHBEXAMPLE" if user != story.CLOUD_USER else story.STOLEN_KEY
            self.call(
                self.office_hour(), user, key, address, service, name, agent="aws-sdk-go/1.51 linux/amd64"
            )

    def intrusion(self) -> None:
        def thief(clock: str, service: str, name: str, **more: Any) -> None:
            self.call(
                at(clock),
                story.CLOUD_USER,
                story.STOLEN_KEY,
                story.HOME_ADDRESS,
                service,
                name,
                agent="aws-cli/2.15.0 Python/3.11.6 Linux/6.5",
                **more,
            )

        denied = {
            "errorCode": "AccessDenied",
            "errorMessage": "User is not authorized to perform this action",
        }
        thief("09:47:12", "sts", "GetCallerIdentity")
        thief("09:47:30", "iam", "ListAttachedUserPolicies")
        thief("09:48:02", "s3", "ListBuckets")
        thief("09:48:40", "s3", "ListObjects", requestParameters={"bucketName": story.BUCKET})
        for number in range(12):
            file = {"bucketName": story.BUCKET, "key": f"2024/declarations-{number:02d}.csv"}
            thief(f"09:5{number // 6}:{number % 6 * 9:02d}", "s3", "GetObject", requestParameters=file)
        thief("09:58:15", "iam", "CreateAccessKey", requestParameters={"userName": "backup"}, **denied)
