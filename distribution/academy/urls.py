from django.urls import path

from distribution.academy.views import courses, materials, quizzes

app_name = "academy"

# Mounted at /distribution/academy/.
urlpatterns = [
    path("", courses.courses, name="courses"),
    path("materials/", materials.materials, name="materials"),
    path("materials/<int:pk>/takings/", materials.takings, name="takings"),
    path("materials/<int:pk>/video/", materials.video, name="video"),
    path("materials/<int:pk>/all.zip", materials.archive, name="archive"),
    path("materials/pictures/<int:pk>/<slug:size>.jpg", materials.picture, name="picture"),
    path("pictures/<int:pk>.jpg", courses.lesson_picture, name="lesson_picture"),
    path("certificates/<str:number>/", courses.certificate, name="certificate"),
    path("quizzes/<int:pk>/", quizzes.quiz, name="quiz"),
    path("quizzes/<int:pk>/attempts/", quizzes.attempts, name="attempts"),
    path("attempts/<int:pk>/", quizzes.attempt, name="attempt"),
    path("<slug:slug>/", courses.course, name="course"),
    path("<slug:slug>/<int:pk>/", courses.lesson, name="lesson"),
    path("<slug:slug>/<int:pk>/reading/", courses.reading, name="reading"),
]
