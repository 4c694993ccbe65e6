from shop.support.models.announcement import Announcement, AnnouncementReading
from shop.support.models.ticket import CannedReply, Message, MessagePicture, Ticket

__all__ = [
    "Announcement",
    "AnnouncementReading",
    "CannedReply",
    "Message",
    "MessagePicture",
    "Ticket",
]
