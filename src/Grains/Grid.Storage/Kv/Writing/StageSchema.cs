using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>What the stage prepared for one state of the table: layouts, formats of its writers, merge, changelog. A schema change makes a new one.</summary>
internal sealed class StageSchema(RowLayouts layouts) : IDisposable
{
    private const int FormatsMax = 64;
    private readonly List<WriteFormat> _formats = [];

    public RowLayouts Layouts => layouts;

    public RowLayout Newest => layouts.Newest;

    public bool EmitUnchanged => layouts.Table.Options.EmitUnchanged;

    public LastRowMerge Merge { get; } = layouts.Table.Options.Merge switch
    {
        MergeEngine.LastRow => new LastRowMerge(layouts),
        var engine => throw new GridException(GridErrorCode.InvalidArgument, $"{layouts.Table.Path} has the merge engine {(int)engine}, which this version does not have; legal is 0."),
    };

    public Changelog Changelog { get; } = new(layouts);

    public RowUpgrader Upgrader { get; } = new(layouts);

    /// <summary>Rows of the newest layout, all columns and <c>_version</c>.</summary>
    public AnswerPlan Answers { get; } = new(layouts, layouts.Newest.Schema.Version, new AnswerShape(layouts.Newest.Schema.Version, default, Versions: true));

    /// <summary>How writes of this kind are read; kept, the last used first.</summary>
    public WriteFormat Format(SchemaVersion version, FrameFlags flags, ImmutableArray<ColumnId> targets)
    {
        for (var i = 0; i < _formats.Count; i++)
        {
            var format = _formats[i];
            if (!format.Matches(version, flags, targets))
                continue;
            if (i > 0)
                (_formats[0], _formats[i]) = (format, _formats[0]);
            return format;
        }

        var made = new WriteFormat(layouts, version, flags, targets);
        if (_formats.Count == FormatsMax)
            _formats.RemoveAt(FormatsMax - 1);
        _formats.Insert(0, made);
        return made;
    }

    public void Dispose()
    {
        Merge.Dispose();
        Changelog.Dispose();
        Upgrader.Dispose();
        Answers.Dispose();
    }
}
