"""A class at a glance, from the files that learners saved with `course.progress(save_as=…)`.

python -m lite_mamba.course classroom FOLDER                  the table, class.csv and a picture a chapter
python -m lite_mamba.course classroom FOLDER --votes 02.span  the votes of one prediction, for the room
"""
