using Grid.Abstractions;
using Grid.Storage.Lake.Tables;

namespace Grid.Storage.Lake.Compaction;

/// <summary>The compaction of one lake table, step by step. One step at a time; all else from any thread.</summary>
internal interface ITableCompaction
{
    /// <summary>What is known of the table's files.</summary>
    CompactionNumbers Numbers { get; }

    /// <summary>Whether it was asked for and is not done.</summary>
    bool IsAsked { get; }

    /// <summary>Has all that could be better rewritten, whatever that costs, also where it is switched off.</summary>
    void Ask();

    /// <summary>Whether a step should be made; not while one is.</summary>
    /// <param name="head">The table as it is known.</param>
    bool IsDue(LakeState? head);

    /// <summary>One step.</summary>
    /// <param name="table">The table, with its newest schema.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException">The step failed, and left the table as it was; the next one looks anew.</exception>
    Task<CompactionStep> RunAsync(TableInfo table, CancellationToken cancellationToken);
}
