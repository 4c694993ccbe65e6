from distribution.academy.models.course import Course, Lesson, LessonPicture
from distribution.academy.models.material import Material, MaterialPicture, Taking
from distribution.academy.models.progress import Enrolment, LessonReading
from distribution.academy.models.quiz import Answer, Attempt, Question, Quiz

__all__ = [
    "Answer",
    "Attempt",
    "Course",
    "Enrolment",
    "Lesson",
    "LessonPicture",
    "LessonReading",
    "Material",
    "MaterialPicture",
    "Question",
    "Quiz",
    "Taking",
]
