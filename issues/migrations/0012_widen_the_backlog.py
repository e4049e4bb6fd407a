from django.db import migrations, models

import sreweekly.fields
import sreweekly.validators

STATE_HELP = "While it is in the backlog. “Held” only puts it aside: what keeps it out of an issue is below."
STATES = [("saved", "inbox"), ("shortlisted", "shortlisted"), ("held", "held"), ("declined", "declined")]


def fields(model_name):
    """The same for the articles and for their history."""
    return [
        migrations.AddField(
            model_name=model_name,
            name="pasted_url",
            field=models.TextField(
                blank=True,
                default="",
                editable=False,
                help_text="As first saved. Empty where nobody noted it.",
                verbose_name="address as pasted",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name=model_name,
            name="hold_one_per",
            field=models.CharField(
                blank=True,
                choices=[("author", "author"), ("publication", "publication"), ("series", "series")],
                default="",
                help_text="Not in an issue with another article of the same author, publication or series, whatever its state.",
                max_length=12,
                verbose_name="at most one of its",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name=model_name,
            name="series",
            field=sreweekly.fields.LineField(
                blank=True,
                default="",
                help_text="The series it belongs to, if any. Not printed.",
                max_length=200,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name=model_name,
            name="notes",
            field=models.TextField(
                blank=True,
                default="",
                help_text="For you alone: never printed, never in a download.",
                validators=[sreweekly.validators.validate_printable],
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name=model_name,
            name="state",
            field=models.CharField(choices=STATES, default="saved", help_text=STATE_HELP, max_length=12),
        ),
        migrations.AlterField(
            model_name=model_name,
            name="not_before",
            field=models.DateField(
                blank=True,
                help_text="Not in an issue that comes out before this day, whatever its state.",
                null=True,
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("issues", "0011_poll_sources")]

    operations = [
        *fields("article"),
        *fields("historicalarticle"),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("hold_one_per__in", ["", "author", "publication", "series"])),
                name="article_hold_one_per_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hold_one_per", "series"), _negated=True),
                    models.Q(("series", ""), _negated=True),
                    _connector="OR",
                ),
                name="article_hold_one_per_series_names_it",
                violation_error_message="Name the series of which an issue is to hold at most one.",
            ),
        ),
    ]
