using System.Text;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Reading;

/// <summary>A read of a bucket's lake files that stands at an offset and can go on. One caller at a time.</summary>
internal sealed class LakeCursor(LakeBucketFiles files, IAsyncEnumerator<LakeFrameBlock> blocks, LogOffset at, string shape) : IAsyncDisposable
{
    /// <summary>The files that it reads, as they were listed when it was opened.</summary>
    public LakeBucketFiles Files => files;

    /// <summary>The offset that it reads next.</summary>
    public LogOffset At { get; private set; } = at;

    /// <summary>What it reads, see <see cref="ShapeOf"/>.</summary>
    public string Shape { get; } = shape;

    /// <summary>When it was put aside, on the clock of its <see cref="LakeCursors"/>.</summary>
    public long PutAt { get; set; }

    /// <summary>A request as text: those of one text want the same columns and rows, wherever they begin.</summary>
    public static string ShapeOf(FetchRequest request)
    {
        var text = new StringBuilder().Append(request.SchemaVersion.Value).Append('|').Append(request.BytesMax).Append('|');
        if (request.Project)
            text.Append('p').AppendJoin(',', request.Columns.Select(column => column.Value));
        text.Append('|');
        Append(text, request.Filter);
        return text.ToString();
    }

    /// <summary>The next frames; null: the files end here.</summary>
    public async ValueTask<LakeFrameBlock?> NextAsync()
    {
        if (!await blocks.MoveNextAsync().ConfigureAwait(false))
            return null;
        At = blocks.Current.Next;
        return blocks.Current;
    }

    public ValueTask DisposeAsync() => blocks.DisposeAsync();

    private static void Append(StringBuilder text, Predicate? filter)
    {
        switch (filter)
        {
            case AndPredicate and:
                Append(text, "and", and.Parts);
                break;
            case OrPredicate or:
                Append(text, "or", or.Parts);
                break;
            case NotPredicate not:
                Append(text, "not", [not.Part]);
                break;
            default:
                text.Append(filter); // a record's text has all of it
                break;
        }
    }

    private static void Append(StringBuilder text, string name, IEnumerable<Predicate> parts)
    {
        text.Append(name).Append('(');
        foreach (var part in parts)
        {
            Append(text, part);
            text.Append(';');
        }

        text.Append(')');
    }
}
