"""Words that the rules of several classes look for."""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.rule import words_of

MONTHS = words_of(
    'January February March April May June July August September October November December')
DAYS = words_of('Monday Tuesday Wednesday Thursday Friday Saturday Sunday')
SHORT_DAYS = tuple(day[:3] for day in DAYS)
MONTH_OF = {**{month[:3]: month for month in MONTHS}, 'Sept': 'September',
            **{month: month for month in MONTHS}}
"""The full name for each way to write a month."""
DAY_OF = {**{day[:3]: day for day in DAYS}, 'Tues': 'Tuesday', 'Thur': 'Thursday',
          'Thurs': 'Thursday', **{day: day for day in DAYS}}
"""The full name for each way to write a day of the week."""

# The following are alternatives of regular expressions.
STOP_OF_A_MONTH = r'(?:(?<=\b[A-Z][a-z]{2})(?<!May)\.|(?<=Sept)\.)'
"""The full stop of a shortened month, as a regular expression: that of "May." ends a sentence."""
BEFORE_A_DURATION = 'took|takes?|in|for|after|within|every|about|another|last(?:s|ed)?'
"""What makes "30s" thirty seconds, not a decade: "it takes 30s"."""
AFTER_A_DURATION = 'video|timer|delay|timeout|clip|interval|ago|later|long|pause|max|or|per'
"""What makes "30s" thirty seconds, not a decade: "a 30s video"."""
COUNTED_IN_MILLIONS = (
    'people|users|jobs|views|voters|followers|subscribers|dollars|euros|pounds|years|tonnes|tons|'
    'downloads|customers|members|viewers|homes|workers|children|copies')
"""What makes "5m" five million, not five meters: "5m users"."""
NOT_PLURALS = 'is|was|has|this|as|its'
"""Words that end in s like a plural, but name nothing that a number could count."""
