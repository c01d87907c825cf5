using Grid.Abstractions;

namespace Grid.Sql.Lake;

/// <summary>Brings files of a lake to this machine.</summary>
public interface ILakeFileSource
{
    /// <summary>A file's path on this machine; null: this source does not reach it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: it should be there, and does not come.</exception>
    ValueTask<LakeFileLease?> OpenAsync(LakeDataFile file, CancellationToken cancellationToken);
}
